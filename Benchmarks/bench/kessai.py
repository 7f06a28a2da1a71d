"""The server under test: the release binary, set up as docs/operations.md says."""

import subprocess
from pathlib import Path

import names
from processes import Serving, environment, free_port

# What a server under a benchmark must not be held back by; nothing so far. Limits of rates would be set off here.
UNLIMITED: dict[str, str] = {}


class Kessai:
    """A release binary and its settings."""

    def __init__(self, binary: Path):
        self.binary = binary

    def settings(self, url: str, vendor_port: int = 9, **more: str) -> dict[str, str]:
        return environment(
            DATABASE_URL=url, HOST="127.0.0.1", PORT="0", PUBLIC_URL="http://127.0.0.1",
            STRIPE_SECRET_KEY=names.SECRET_KEY, STRIPE_WEBHOOK_SECRET=names.WEBHOOK_SECRET,
            STRIPE_API_BASE=f"http://127.0.0.1:{vendor_port}", **UNLIMITED, **more)

    def prepare(self, url: str, folder: Path) -> None:
        """Migrates a new database, makes an account in it, and serves once, which gives it its installation's id."""
        env = self.settings(url)
        subprocess.run([self.binary, "migrate"], env=env, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=60)
        subprocess.run(
            [self.binary, "users", "add", "template@example.com"], env=env, cwd=folder, check=True, timeout=60,
            input=names.PASSWORD.encode() + b"\n", stdout=subprocess.DEVNULL)
        with self.serve(url, folder):
            pass

    def serve(self, url: str, folder: Path, preload: str = "", vendor_port: int = 9, **more: str) -> "Serving":
        port = free_port()
        env = self.settings(url, vendor_port, **more) | {"PORT": str(port)}
        if preload:
            env["LD_PRELOAD"] = preload
        return Serving(port, "/readyz", [str(self.binary), "serve"], folder / "serve.log", folder, env)
