"""The server under test: the release binary, set up as docs/operations.md says."""

import subprocess
from pathlib import Path

import names
import tokens
from processes import Serving, environment, free_port

# What would hold a benchmark back on purpose, such as limits of rates, is set off here.
UNLIMITED: dict[str, str] = {"RATE_LIMITS": "off"}


class Kessai:
    """A release binary and its settings."""

    name = "Kessai"

    def __init__(self, binary: Path):
        self.binary = binary
        self.runs = 0

    def url_of(self, round) -> str:
        return round.url

    def settings(self, url: str, vendor_port: int = 9) -> dict[str, str]:
        return environment(
            DATABASE_URL=url, HOST="127.0.0.1", PUBLIC_URL="http://127.0.0.1", STRIPE_SECRET_KEY=names.SECRET_KEY,
            STRIPE_WEBHOOK_SECRET=names.WEBHOOK_SECRET, STRIPE_API_BASE=f"http://127.0.0.1:{vendor_port}", **UNLIMITED)

    def prepare(self, url: str, folder: Path) -> None:
        """Migrates a new database, makes an account, and serves once: that gives it its installation's id and, by a log-in,
        the key of the tokens, so that copies of it know each other's tokens."""
        chores = {"env": self.settings(url), "cwd": folder, "check": True, "stdout": subprocess.DEVNULL, "timeout": 60}
        subprocess.run([self.binary, "migrate"], **chores)
        subprocess.run(
            [self.binary, "users", "add", names.TEMPLATE_EMAIL], input=names.PASSWORD.encode() + b"\n", **chores)
        with self.serve(url, folder) as server:
            tokens.log_in(server.port, names.TEMPLATE_EMAIL)

    def serve(self, url: str, folder: Path, preload: str = "", vendor_port: int = 9, **more: str) -> Serving:
        port = free_port()
        # Each run's mails stay, in a folder of their own: ext4 passes over every file that was replaced or removed in the
        # last minutes, one by one, when a new one is made.
        self.runs += 1
        more = {"MAIL_FOLDER": str(folder / f"mail-{self.runs}")} | more
        env = self.settings(url, vendor_port) | more | {"PORT": str(port)}
        if preload:
            env["LD_PRELOAD"] = preload
        return Serving(port, "/readyz", [str(self.binary), "serve"], folder / "serve.log", folder, env)
