"""Starts what the OpenAPI document is held against: the built binary with its Stripe sandbox, and people of every kind."""

import json
import os
import re
import subprocess
import threading
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("KESSAI_BINARY", str(ROOT / ".build" / "debug" / "kessai"))
PASSWORD = "a password of some length"
WAIT_SECONDS = 20
PRODUCTS = "id,name,unit_amount,currency,stock\nsencha,煎茶,980,jpy,1000000\ngift-wrap,ギフト包装,330,jpy,\n"


class Process:
    """A command of the binary that goes on until it is stopped, and says in a line where it listens."""

    def __init__(self, arguments, environment, pattern, log):
        self.log = open(log, "w+b")
        self.process = subprocess.Popen(
            [BINARY, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=log.parent
        )
        guard = threading.Timer(WAIT_SECONDS, self.process.kill)
        guard.start()
        self.told = None
        for line in self.process.stdout:
            self.log.write(line)
            if found := re.search(pattern, line.decode()):
                self.told = found.group(1)
                break
        guard.cancel()
        assert self.told, f"{arguments} did not start: {Path(log).read_text()}"
        # Whoever does not read a pipe stops its writer.
        self.reader = threading.Thread(target=self._drain, daemon=True)
        self.reader.start()

    def _drain(self):
        for line in self.process.stdout:
            self.log.write(line)
            self.log.flush()

    def stop(self):
        """Stops it, unless it has ended already."""
        if self.process.poll() is None:
            self.process.terminate()
        assert self.process.wait(timeout=WAIT_SECONDS) == 0
        self.reader.join(WAIT_SECONDS)


class Server:
    """A running server, and the tokens of who may use it."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
            "DATABASE_URL": "sqlite:shop.db",
            "STRIPE_SECRET_KEY": "sk_test_kessai",
            "STRIPE_WEBHOOK_SECRET": "whsec_openapi_tests",
            # Else most of the log-ins and purchases would be refused before they are looked at.
            "RATE_LIMITS": "off",
            "PASSES_LICENSE_PRICE": "4800",
            "PASSES_DAYPASS_PRICES": "0:120,1:240",
            "PASSES_RETURN_URLS": "timekeeper://purchase",
        }
        self.sandbox = Process(["sandbox", "stripe", "--port", "0"], self.environment, r"Stripe sandbox: (\S+)",
                               folder / "sandbox.log")
        self.environment["STRIPE_API_BASE"] = self.sandbox.told
        self.command("migrate")
        for role in ("buyer", "operator"):
            self.command("users", "add", f"{role}@example.com", "--role", role, typed=PASSWORD)
        (folder / "products.csv").write_text(PRODUCTS)
        self.command("products", "import", "products.csv")
        self.process = Process(["serve", "--port", "0"], self.environment, r'"event":"serving".*"port":(\d+)',
                               folder / "serve.log")
        self.url = f"http://127.0.0.1:{self.process.told}"

    def command(self, *arguments, typed=""):
        subprocess.run([BINARY, *arguments], input=typed.encode(), env=self.environment, cwd=self.folder, check=True,
                       capture_output=True, timeout=WAIT_SECONDS)

    def ask(self, path, body, token=None):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode(), headers=headers)
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
            return json.load(answer)

    def token(self, role):
        return self.ask("/api/auth/login", {"email": f"{role}@example.com", "password": PASSWORD})["access_token"]

    def stop(self):
        self.process.stop()
        self.sandbox.stop()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    server.stop()
