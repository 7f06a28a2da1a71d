"""The statements of one event become those of any other, and the limits run them."""

import json
import sqlite3
import subprocess
import time

import names
import pgbench_limit
import pytest
import sqlite_limit
import statements
from conftest import TOOLS
from statements import Statement, Value

ORDERS = names.Orders(8, 4, pending=False)
FIRST = ORDERS.numbers[0]
PAYLOAD = '{"id": "…"}'


def payload_of(number: int) -> str:
    return f"body {number}"


def templates(found: list[Statement]) -> list[Statement]:
    return statements.Roles(ORDERS, FIRST, payload_of(FIRST)).templates(found)


def test_what_belongs_to_the_event_is_found_in_the_values():
    made = "01a229fb-11dc-7304-b3e8-c9e3533a1176"
    now = str(int(time.time() * 1000))
    values = [
        Value("t", names.event(FIRST)), Value("t", f"shop.receipt:{names.order(FIRST)}"), Value("t", made),
        Value("t", f'{{"id":"{made}"}}'), Value("i", str(FIRST)), Value("i", now), Value("i", "16500"),
        Value("t", f"body {FIRST}"), Value("n", "")]
    found = templates([Statement("", values)])[0].values
    assert [value.template for value in found] == [
        "{event}", "shop.receipt:{order}", "{fresh0}", '{"id":"{fresh0}"}', "{number}", "{now}", "16500", "{payload}", ""]


def test_the_transaction_of_the_event_is_found_among_others():
    def say(*texts: str) -> list[Statement]:
        return [Statement(text, [Value("t", text)]) for text in texts]

    wanted = say("BEGIN IMMEDIATE", "insert", "evt", "COMMIT")
    assert statements.transaction_with(say("BEGIN", "other", "COMMIT") + wanted + say("BEGIN", "COMMIT"), "evt") == wanted
    assert statements.transaction_with(say("BEGIN", "other", "COMMIT"), "evt") is None


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "limit.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE seen (event TEXT PRIMARY KEY, number INTEGER, body BLOB, empty TEXT) STRICT")
    return path


def test_what_is_traced_is_run_again_for_other_events(database, tmp_path):
    trace, file = tmp_path / "trace", tmp_path / "limit.bin"
    program = (
        "import sqlite3\n"
        f"made = sqlite3.connect({str(database)!r}, isolation_level=None)\n"
        "made.execute('BEGIN IMMEDIATE')\n"
        f"made.execute('INSERT INTO seen VALUES (?, ?, ?, ?)', ({names.event(FIRST)!r}, {FIRST}, b'body {FIRST}', None))\n"
        "made.execute('COMMIT')\n")
    subprocess.run(["/usr/bin/python3", "-c", program], check=True,
                   env={"LD_PRELOAD": str(TOOLS / "sqltrace.so"), "SQLTRACE_FILE": str(trace)})
    found = templates(sqlite_limit.read_trace(trace, names.event(FIRST)))
    assert [value.template for value in found[0].values] == ["{event}", "{number}", "{payload}", ""]

    sqlite_limit.write(file, found, ORDERS, ORDERS.numbers[1:], payload_of)
    done = subprocess.run([TOOLS / "sqlite-limit", database, file, "3", "60"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["events"] == 7
    rows = sqlite3.connect(database).execute("SELECT event, number, body, empty FROM seen ORDER BY number").fetchall()
    assert rows == [(names.event(n), n, f"body {n}".encode(), None) for n in ORDERS.numbers]


def test_the_limit_ends_with_the_commit_after_its_time(database, tmp_path):
    file = tmp_path / "limit.bin"
    insert = Statement("INSERT INTO seen (event) VALUES ($1)", [Value("t", "{event}")])
    sqlite_limit.write(file, [insert], ORDERS, ORDERS.numbers, payload_of)
    done = subprocess.run([TOOLS / "sqlite-limit", database, file, "3", "0"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["events"] == 3
    assert sqlite3.connect(database).execute("SELECT COUNT(*) FROM seen").fetchone() == (3,)


def test_a_statement_that_fails_ends_the_limit(database, tmp_path):
    file = tmp_path / "limit.bin"
    insert = Statement("INSERT INTO seen (event) VALUES ($1)", [Value("t", "always the same")])
    sqlite_limit.write(file, [insert], ORDERS, ORDERS.numbers, payload_of)
    done = subprocess.run([TOOLS / "sqlite-limit", database, file, "64", "60"], capture_output=True, text=True)
    assert done.returncode == 1 and "UNIQUE" in done.stderr


def test_a_file_that_is_cut_ends_the_limit(database, tmp_path):
    file = tmp_path / "limit.bin"
    sqlite_limit.write(file, [Statement("SELECT $1", [Value("t", "text")])], ORDERS, ORDERS.numbers, payload_of)
    file.write_bytes(file.read_bytes()[:-3])
    done = subprocess.run([TOOLS / "sqlite-limit", database, file, "64", "60"], capture_output=True, text=True)
    assert done.returncode == 1 and "ends early" in done.stderr


def entry(pid: int, message: str, detail: str = "") -> str:
    return json.dumps({"pid": pid, "message": message, "detail": detail}) + "\n"


def test_the_log_of_postgresql_becomes_a_script_of_pgbench(tmp_path):
    log = tmp_path / "log.json"
    event, order = names.event(FIRST), names.order(FIRST)
    log.write_text(
        entry(1, "statement: BEGIN") + entry(2, "statement: BEGIN") + entry(1, "execute s1: SELECT $1", "parameters: $1 = 'x'")
        + entry(2, "execute s2: INSERT INTO seen VALUES\n($1, $2, $3, $4)",
                f"parameters: $1 = '{event}', $2 = NULL, $3 = 'it''s: {order}', $4 = '{FIRST}'")
        + entry(1, "statement: COMMIT") + entry(2, "duration: 1 ms") + entry(2, "statement: COMMIT"))
    found = templates(pgbench_limit.read_log([log], event))
    assert [s.sql.split()[0] for s in found] == ["BEGIN", "INSERT", "COMMIT"]
    script = pgbench_limit.script(found, ORDERS, FIRST, 100).splitlines()
    assert script[:3] == ["\\set i :i + 1", f"\\set n {FIRST} + :client_id * 100 + :i", "BEGIN;"]
    assert script[3] == (
        "INSERT INTO seen VALUES (('evt_3' || substr(md5('evt_3' || :n::bigint), 1, 24)), NULL, "
        "(E'it''s\\x3A ' || ('019aed00-0001-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))), (:n::bigint));")


def test_a_run_without_the_event_is_told(tmp_path):
    log = tmp_path / "log.json"
    log.write_text(entry(1, "statement: BEGIN") + entry(1, "statement: COMMIT"))
    with pytest.raises(RuntimeError, match="no transaction"):
        pgbench_limit.read_log([log], names.event(FIRST))


def test_the_speed_of_pgbench_is_that_behind_its_first_seconds():
    told = "".join(f"progress: {at}.0 s, {tps}.0 tps, lat {at}.500 ms stddev 1.0, 0 failed\n"
                   for at, tps in enumerate([1, 2, 300, 500], 1))
    result = pgbench_limit.read_result("number of transactions actually processed: 803\n", told)
    assert result == {"events": 803, "per_second": 400, "latency_ms": {"mean": 4.0}}
    with pytest.raises(RuntimeError, match="nothing of its speed"):
        pgbench_limit.read_result("", told)
