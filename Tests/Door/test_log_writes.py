"""What is acknowledged is on the disk: every write to SQLite's log comes before the sync, and the sync before the answer."""

import hashlib
import hmac
import json
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest


@pytest.fixture
def traced(serve, tmp_path):
    """A server whose writes to the log are written down; and the place of what is written."""
    library, trace = tmp_path / "logwrites.so", tmp_path / "trace"
    source = Path(__file__).with_name("logwrites.c")
    subprocess.run(["clang", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    trace.touch()
    # Without jobs, which would write beside the events.
    return serve(LD_PRELOAD=str(library), LOGWRITES_TRACE=str(trace), JOBS_IN_SERVE="false"), trace


def deliver(server, number):
    """A signed event that nobody handles, of many pages; the status of its answer."""
    body = json.dumps({
        "id": f"evt_{number}", "object": "event", "type": "nobody.handles", "api_version": "2024-06-20", "livemode": False,
        "created": int(time.time()), "data": {"object": {"id": "thing", "object": "thing", "text": "x" * 40_000}}})
    moment = int(time.time())
    signature = hmac.new(b"whsec_door", f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return server.client().exchange(
        f"POST /webhooks/stripe HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        f"Stripe-Signature: t={moment},v1={signature}\r\nContent-Length: {len(body)}\r\n\r\n{body}").status


def stored(server):
    with sqlite3.connect(f"file:{server.folder}/kessai.db?mode=ro", uri=True) as database:
        return [row[0] for row in database.execute("SELECT stripe_event_id FROM webhook_events ORDER BY 1")]


def test_a_commit_is_few_writes_and_a_sync_before_the_answer(traced):
    server, trace = traced
    for number in range(5):
        before = len(trace.read_text().splitlines())
        assert deliver(server, number) == 200
        lines = trace.read_text().splitlines()[before:]
        writes = [int(line.split()[1]) for line in lines if line.startswith("W")]
        assert lines[-1] == "S", lines
        # A body of 40,000 bytes has ten pages at least, of which each was two writes.
        assert sum(writes) > 10 * 4096, lines
        assert len(writes) < 6, lines


def test_a_large_write_that_the_disk_refuses_stores_nothing_and_is_over_with_it(traced):
    server, trace = traced
    assert deliver(server, 1) == 200
    refuse = Path(f"{trace}.refuse")
    refuse.touch()
    assert deliver(server, 2) == 503
    assert "R" in [line[0] for line in trace.read_text().splitlines()]
    assert stored(server) == ["evt_1"]
    refuse.unlink()
    assert deliver(server, 2) == 200
    assert deliver(server, 3) == 200
    assert stored(server) == ["evt_1", "evt_2", "evt_3"]
    with sqlite3.connect(server.folder / "kessai.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
