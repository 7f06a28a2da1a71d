"""The streams of the process: what cannot be written is not called done, and who stops reading ends nothing."""

import fcntl
import os
import resource
import select
import signal
import subprocess
import time

import pytest

from conftest import BINARY, WAIT_SECONDS, Client, environment, get, until

COMMANDS = (
    ["--help"], ["--version"], ["sim", "--help"], ["migrate"], ["config", "check"], ["config", "check", "--json"],
    ["users", "list"], ["jobs", "dead"], ["reconcile", "--help"], ["sim", "--seed", "1"], ["sim", "--runs", "2", "--json"])
REFUSED = (
    "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
LOST = "kessai: standard output cannot be written: "


@pytest.fixture
def kessai(tmp_path):
    """Runs a command in a folder with a database."""
    own = environment(tmp_path, LOG_LEVEL="error")

    def run(*words, **streams):
        return subprocess.run(
            [BINARY, *words], env=own, cwd=tmp_path, stdin=subprocess.DEVNULL, timeout=120,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams})

    assert run("migrate").returncode == 0
    return run


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_output_that_cannot_be_written_is_a_failure(kessai, words):
    assert kessai(*words).returncode == 0
    with open("/dev/full", "wb") as full:
        done = kessai(*words, stdout=full)
    assert (done.returncode, done.stderr.decode().count(LOST)) == (1, 1)
    assert done.stderr.decode().endswith(LOST + "No space left on device\n")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_reader_that_leaves_is_no_failure(kessai, words):
    reading, writing = os.pipe()
    os.close(reading)
    # SIGPIPE as a shell leaves it; Python itself ignores it.
    done = kessai(*words, stdout=writing, restore_signals=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_that_is_closed_from_the_beginning_becomes_no_file_of_the_database(kessai, tmp_path):
    for closed in [1], [0, 1], [0, 1, 2]:
        (tmp_path / "kessai.db").unlink()
        done = kessai("migrate", preexec_fn=lambda: [os.close(number) for number in closed])
        assert done.returncode == 1
        assert done.stderr.decode() == ("" if 2 in closed else LOST + "Bad file descriptor\n")
        # The work was done all the same, and is whole.
        assert kessai("config", "check", "--connect").returncode == 0
        assert b"current" in kessai("migrate").stdout


def test_a_command_that_fails_says_why_and_keeps_its_status(kessai):
    with open("/dev/full", "wb") as full:
        done = kessai("jobs", "replay", "019aed00-0001-7000-8000-000000000001", stdout=full)
        assert done.returncode == 1 and b"standard output" not in done.stderr
        assert kessai("nonsense", stdout=full).returncode == 2
        assert kessai("nonsense", stdout=full, stderr=full).returncode == 2


def test_a_slow_reader_gets_all_of_it(kessai):
    """Also where somebody made the pipe non-blocking, as programs do that share a terminal."""
    whole = kessai("sim", "--seed", "1").stdout
    reading, writing = os.pipe()
    size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    assert len(whole) > 2 * size
    os.set_blocking(writing, False)
    done = subprocess.Popen([BINARY, "sim", "--seed", "1"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    parts = []
    while part := os.read(reading, 512):
        parts.append(part)
        time.sleep(0.001)
    os.close(reading)
    assert b"".join(parts) == whole
    assert done.communicate(timeout=WAIT_SECONDS) == (None, b"") and done.returncode == 0


def started(folder, **more):
    """A server that logs into a pipe, a client of it, and both ends of the pipe."""
    own = environment(folder, LOG_LEVEL="info", RATE_LIMITS="off")
    subprocess.run([BINARY, "migrate"], env=own, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    reading, writing = os.pipe()
    server = subprocess.Popen([BINARY, "serve", "--port", "0"], env=own, cwd=folder, stderr=writing, **more)
    log = os.fdopen(reading)
    line = next(line for line in log if '"event":"serving"' in line)
    return server, Client(int(line.split('"port":')[1].split(",")[0].rstrip("}\n"))), log, writing


def test_a_server_outlives_the_reader_of_its_log(tmp_path):
    server, client, log, writing = started(tmp_path)
    try:
        os.close(writing)
        log.close()
        for _ in range(50):
            assert client.exchange(get("/api/products")).status == 200
        client.close()
        assert server.poll() is None
    finally:
        server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=WAIT_SECONDS) == 0


def test_a_server_ends_although_the_reader_of_its_log_stands_still(tmp_path):
    server, client, log, writing = started(tmp_path)
    try:
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        # Each is a line of the log.
        for _ in range(200):
            assert client.exchange(REFUSED).status == 400
        client.close()
        until(lambda: select.select([], [writing], [], 0)[1] == [])
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=WAIT_SECONDS) == 0
    finally:
        server.kill()
        server.wait()
        os.close(writing)
        log.close()


@pytest.mark.parametrize("allowed", [12, 16, 20, 32, 63])
def test_too_few_descriptors_are_told(kessai, allowed):
    done = kessai("config", "check", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed)))
    assert done.returncode == 2 and f"{allowed} open files; it needs 64" in done.stderr.decode()


def test_with_the_fewest_descriptors_it_serves(tmp_path):
    server, client, log, writing = started(
        tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 64)))
    try:
        for _ in range(20):
            assert client.exchange(get("/api/products")).status == 200
        client.close()
    finally:
        server.send_signal(signal.SIGTERM)
        os.close(writing)
        log.close()
    assert server.wait(timeout=WAIT_SECONDS) == 0
