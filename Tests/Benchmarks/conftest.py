"""The benchmark's tools, built, and a server whose every answer a test decides."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".build/benchmarks"
sys.path.insert(0, str(ROOT / "Benchmarks/bench"))


@pytest.fixture(scope="session", autouse=True)
def tools() -> Path:
    subprocess.run(["make", "-s", "-C", str(ROOT / "Benchmarks")], check=True)
    return TOOLS


class Last(bytes):
    """An answer behind which the connection ends."""


class Server:
    """Answers by `answer(request) -> bytes | None`; None breaks the connection. Keeps what it was sent."""

    def __init__(self, answer):
        self.answer, self.requests, self.lock = answer, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            while head := lines.readline():
                headers = {}
                while (line := lines.readline()) != b"\r\n":
                    name, _, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = lines.read(int(headers.get("content-length", 0)))
                request = (head.decode().split()[:2], headers, body)
                with self.lock:
                    self.requests.append(request)
                answer = self.answer(request)
                if answer is None:
                    return
                connection.sendall(answer)
                if isinstance(answer, Last):
                    return


def answer(status: str = "200 OK", body: bytes = b"{}", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def serve():
    servers = []

    def start(decide=lambda _: answer()) -> Server:
        servers.append(Server(decide))
        return servers[-1]

    yield start
    for server in servers:
        server.listener.close()


@pytest.fixture
def generate(tmp_path):
    """Runs the generator against a server with `count` rows; gives its exit status and its result."""

    def run(server: Server, count: int, *options: str) -> tuple[int, dict]:
        rows = tmp_path / "rows"
        rows.write_text("".join(f"row{number}\t{number}\n" for number in range(count)))
        words = [TOOLS / "generator", "--port", str(server.port), "--rows", rows, "--path", "/{1}", *options]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    return run
