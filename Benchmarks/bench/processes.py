"""Processes that the benchmark starts, and what the kernel says of them."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
# A library of the preload folder may slow a process down; nothing else of the caller's environment reaches a server.
KEPT = {"PATH", "HOME", "LANG", "TMPDIR", "USER"}


def environment(**settings: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in KEPT} | settings


def family(pid: int) -> list[int]:
    """A process and all that came from it and still live."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(parent, []).append(int(folder.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += parents.get(found[-1], [])
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its children, those that ended too."""
    total = 0
    for member in family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return total / TICK


def memory_kib(pid: int, field: str) -> int:
    """`VmHWM` or `VmRSS` of a process and its children; pages that they share count for each."""
    total = 0
    for member in family(pid):
        try:
            lines = Path(f"/proc/{member}/status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
    return total


class Running:
    """A process in a group of its own, with its output in a file; ended when the block is left."""

    def __init__(self, words: list[str], log: Path, cwd: Path, env: dict[str, str]):
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                words, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=cwd, env=env, start_new_session=True)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_for(self, condition, seconds: float = 60):
        """What `condition` gives once it gives something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.process.args[0]} is not ready: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Serving(Running):
    """A server, once it answers 200 at a path."""

    def __init__(self, port: int, path: str, *words, sign: str = "", signs: int = 0):
        """Ready when its log says `sign` as often as `signs`, too."""
        super().__init__(*words)
        self.port, self.address, self.sign, self.signs = port, f"http://127.0.0.1:{port}{path}", sign, signs

    def __enter__(self):
        try:
            self.wait_for(self._answers)
        except BaseException:
            self.stop()
            raise
        return self

    def _answers(self) -> bool:
        if self.sign and self.log.read_text(errors="replace").count(self.sign) < self.signs:
            return False
        try:
            with urllib.request.urlopen(self.address, timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
