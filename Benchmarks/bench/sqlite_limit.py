"""The file that `sqlite-limit` runs: the application's statements with the values of many events."""

import struct
import time
from pathlib import Path

import names
from statements import Statement, Value, transaction_with, values_of

CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def read_trace(path: Path, event: str) -> list[Statement]:
    """The statements of the transaction of an event, as `sqltrace.so` wrote them down; without those that control it."""
    by_connection: dict[str, list[Statement]] = {}
    current = None
    for line in path.read_text().splitlines():
        letter, _, rest = line.partition(" ")
        first, _, second = rest.partition(" ")
        if letter == "S":
            current = Statement(bytes.fromhex(second).decode(), [])
            by_connection.setdefault(first, []).append(current)
        elif current:
            current.values.append(Value(letter.lower(), bytes.fromhex(second).decode() if letter in "TB" else second))
    for statements in by_connection.values():
        if found := transaction_with(statements, event):
            return [s for s in found if not s.sql.startswith(CONTROL)]
    raise RuntimeError("the run of one event shows no transaction with it")


def write(path: Path, statements: list[Statement], orders: names.Orders, numbers: range, payload_of) -> None:
    now = int(time.time() * 1000)
    texts = list(dict.fromkeys(s.sql for s in statements))
    places = {text: place for place, text in enumerate(texts)}
    split = [[(value.letter, value.pieces()) for value in s.values] for s in statements]
    with path.open("wb") as file:
        file.write(struct.pack("<I", len(texts)))
        for text in texts:
            file.write(struct.pack("<I", len(text.encode())) + text.encode())
        file.write(struct.pack("<I", len(numbers)))
        for number in numbers:
            event = values_of(orders, number, now, payload_of(number))
            parts = [struct.pack("<I", len(statements))]
            for statement, values in zip(statements, split):
                parts.append(struct.pack("<II", places[statement.sql], len(values)))
                for letter, pieces in values:
                    parts.append(packed(letter, "".join(event.get(piece, piece) for piece in pieces)))
            file.write(b"".join(parts))


def packed(letter: str, text: str) -> bytes:
    if letter == "n":
        return b"n"
    if letter == "i":
        return b"i" + struct.pack("<q", int(text))
    data = text.encode()
    return letter.encode() + struct.pack("<I", len(data)) + data
