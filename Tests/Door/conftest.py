"""Starts the built binary's server, as an installation would, and looks at its process from outside."""

import itertools
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("KESSAI_BINARY", str(ROOT / ".build" / "debug" / "kessai"))
WAIT_SECONDS = 30


def until(condition, seconds=WAIT_SECONDS):
    """Waits until a condition holds, and answers what it gave."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


class Answer:
    """An answer of HTTP/1.1, read from a socket's file."""

    def __init__(self, file):
        line = file.readline()
        if not line:
            raise ConnectionError("closed without an answer")
        self.status = int(line.split()[1])
        self.headers = {}
        while (line := file.readline()) not in (b"\r\n", b""):
            name, value = line.decode().rstrip("\r\n").split(":", 1)
            self.headers[name.lower()] = value.strip()
        if line == b"":
            raise ConnectionError("cut within its head")
        length = int(self.headers.get("content-length", 0))
        self.body = file.read(length)
        if len(self.body) < length:
            raise ConnectionError("cut within its body")

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """A connection that sends bytes as they are."""

    def __init__(self, port, context=None, source=None):
        own = (source, 0) if source else None
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS, source_address=own)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def receive(self):
        return Answer(self.file)

    def exchange(self, text):
        self.send(text)
        return self.receive()

    def is_closed(self):
        """Whether the server closes, before the patience ends."""
        try:
            while self.file.read(65536):
                pass
            return True
        except ConnectionError:
            return True
        except (TimeoutError, ssl.SSLError):
            return False

    def close(self):
        self.file.close()
        self.socket.close()


def get(path="/healthz", fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n"


class Server:
    """A running `kessai serve`."""

    def __init__(self, folder, environment, descriptors=None):
        self.folder = folder
        self.log = folder / "log"
        self.environment = environment

        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--port", "0"], cwd=folder, env=environment, stderr=log, preexec_fn=limit)
        until(lambda: self.events("serving") or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        self.port = self.events("serving")[0]["port"]

    def events(self, name):
        """The lines of the log of one event."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]
        return [line for line in lines if line["event"] == name]

    def client(self, context=None):
        return Client(self.port, context)

    def state(self, name):
        """A number of the process's state, as the kernel tells it."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """Asks it to end; answers its status."""
        self.process.terminate()
        return self.process.wait(timeout=WAIT_SECONDS)


def environment(folder, **settings):
    """What the process sees: no setting of the caller's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept, "DATABASE_URL": f"sqlite:{folder}/kessai.db", "MAIL_FOLDER": f"{folder}/mail",
        "STRIPE_SECRET_KEY": "sk_test_kessai", "STRIPE_WEBHOOK_SECRET": "whsec_door", "LOG_LEVEL": "warning",
        **settings,
    }


@pytest.fixture
def serve(tmp_path):
    """Starts servers; each is ended after the test, and must end well."""
    servers = []

    def start(descriptors=None, **settings):
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        own = environment(folder, **{"LOG_LEVEL": "info", **settings})
        subprocess.run([BINARY, "migrate"], env=own, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        servers.append(Server(folder, own, descriptors))
        return servers[-1]

    yield start
    statuses = [server.stop() for server in servers]
    assert all(status == 0 for status in statuses), statuses


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """Makes databases on a private PostgreSQL; answers their URLs."""
    folder, script = tmp_path_factory.mktemp("postgres"), ROOT / "scripts/postgres"
    url = subprocess.run([script, "start", folder], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    numbers = itertools.count()

    def make():
        name = f"door_{next(numbers)}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{url.rsplit('/', 1)[0]}/{name}"

    yield make
    subprocess.run([script, "stop", folder], check=True)


@pytest.fixture
def check(tmp_path):
    """`kessai config check --json` with settings: its status, and what it found."""

    def run(**settings):
        done = subprocess.run(
            [BINARY, "config", "check", "--json"], env=environment(tmp_path, **settings), cwd=tmp_path,
            capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout)["findings"]

    return run


@pytest.fixture(scope="session")
def many_files():
    """Lets this process open many sockets, where the machine does."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < 4096:
        pytest.skip("the machine allows too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, most))


class Certificate:
    """A certificate for localhost that vouches for itself, made by openssl."""

    def __init__(self, folder, name, days=30):
        self.path = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-nodes", "-days", str(days), "-subj", f"/CN={name}", "-newkey", "ec",
             "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", self.key, "-out", self.path,
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        self.name = name

    @property
    def context(self):
        """Trusts this one and no other."""
        return ssl.create_default_context(cafile=self.path)


@pytest.fixture
def certificate(tmp_path):
    return lambda name="first", **more: Certificate(tmp_path, name, **more)
