"""The script that `pgbench` runs: the application's statements, with values computed from a counter."""

import json
import re
from pathlib import Path

import names
from statements import Statement, Value, transaction_with

MESSAGE = re.compile(r"^(?:execute [^:]+|statement): (.*)$", re.DOTALL)
# In the first seconds every client prepares its statements.
WARM_SECONDS = 2
PROGRESS = re.compile(r"^progress: ([\d.]+) s, ([\d.]+) tps, lat ([\d.]+) ms", re.MULTILINE)
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')", re.DOTALL)


def read_log(files: list[Path], event: str) -> list[Statement]:
    """The statements of the transaction of an event, as PostgreSQL logged them; with those that begin and end it."""
    by_session: dict[int, list[Statement]] = {}
    for file in files:
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            if found := MESSAGE.match(entry.get("message", "")):
                values = [
                    Value("n", "") if text == "NULL" else Value("t", text[1:-1].replace("''", "'"))
                    for _, text in PARAMETER.findall(entry.get("detail", ""))]
                by_session.setdefault(entry["pid"], []).append(Statement(found.group(1), values))
    for statements in by_session.values():
        if found := transaction_with(statements, event):
            return found
    raise RuntimeError("the log of one event shows no transaction with it")


def literal(text: str) -> str:
    """As SQL; without a colon, in which pgbench sees a variable even inside quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3A").replace("\n", "\\n")
    return f"E'{escaped}'"


def expressions(of_a_buyer: int) -> dict[str, str]:
    buyer = f"(:n::bigint / {of_a_buyer})"

    def rising(kind: int, number: str) -> str:
        return f"'019aed00-{kind:04x}-7000-8000-' || lpad(to_hex({number}), 12, '0')"

    def scattered(prefix: str, number: str) -> str:
        return f"'{prefix}' || substr(md5('{prefix}' || {number}), 1, 24)"

    n = ":n::bigint"
    return {
        "{order}": rising(1, n), "{user}": rising(2, buyer), "{email}": f"'buyer' || {buyer} || '@example.com'",
        "{customer}": scattered("cus_", buyer), "{intent}": scattered("pi_3", n), "{charge}": scattered("ch_3", n),
        "{event}": scattered("evt_3", n), "{number}": n, "{now}": ":now", "{payload}": ":payload",
    } | {f"{{fresh{i}}}": rising(16 + i, n) for i in range(64)}


def expression(value: Value, names_of: dict[str, str]) -> str:
    if value.letter == "n":
        return "NULL"
    pieces = [piece for piece in value.pieces() if piece] or [""]
    parts = [f"({names_of[piece]})" if piece in names_of else literal(piece) for piece in pieces]
    return parts[0] if len(parts) == 1 else f"({' || '.join(parts)})"


def script(statements: list[Statement], orders: names.Orders, first: int, of_a_client: int) -> str:
    """Every client counts its own events, so that no two pay one order."""
    names_of = expressions(orders.of_a_buyer)
    lines = ["\\set i :i + 1", f"\\set n {first} + :client_id * {of_a_client} + :i"]
    for statement in statements:
        parts = re.split(r"\$(\d+)", statement.sql)
        for place in range(1, len(parts), 2):
            parts[place] = expression(statement.values[int(parts[place]) - 1], names_of)
        lines.append(" ".join("".join(parts).split("\n")) + ";")
    return "\n".join(lines) + "\n"


def read_result(output: str, told: str) -> dict:
    """What `pgbench -P 1` printed: the speed and the mean latency behind the first seconds, and all events that it ran."""
    seconds = [(float(at), float(tps), float(ms)) for at, tps, ms in PROGRESS.findall(told)]
    kept = [second for second in seconds if second[0] > WARM_SECONDS + 0.5]
    events = re.search(r"number of transactions actually processed: (\d+)", output)
    if not kept or not events:
        raise RuntimeError(f"pgbench says nothing of its speed: {told[-500:]}")
    return {"events": int(events.group(1)), "per_second": sum(tps for _, tps, _ in kept) / len(kept),
            "latency_ms": {"mean": sum(ms for _, _, ms in kept) / len(kept)}}
