"""The file that `sqlite-limit` runs: the application's statements with the values of many events."""

import re
import struct
import time
from pathlib import Path

import names
from statements import Statement


NAME = re.compile(r"(\{(?:order|user|email|customer|intent|charge|event|number|now|payload|fresh\d+)\})")


def values_of(number: int, now: int, payload: str, fresh: int) -> dict[str, str]:
    known = {
        "{order}": names.order(number), "{user}": names.user(number), "{email}": names.email(number),
        "{customer}": names.customer(number), "{intent}": names.intent(number), "{charge}": names.charge(number),
        "{event}": names.event(number), "{number}": str(number), "{now}": str(now),
    }
    return known | {f"{{fresh{i}}}": names.rising(16 + i, number) for i in range(fresh)} | {"{payload}": payload}


def write(path: Path, statements: list[Statement], numbers: range, payload_of) -> None:
    now = int(time.time() * 1000)
    texts = list(dict.fromkeys(s.sql for s in statements))
    places = {text: place for place, text in enumerate(texts)}
    # Split once: what has an odd place is a name.
    split = [[(value.letter, NAME.split(value.template)) for value in s.values] for s in statements]
    fresh = 1 + max((int(n) for s in statements for v in s.values for n in re.findall(r"\{fresh(\d+)\}", v.template)), default=0)
    with path.open("wb") as file:
        file.write(struct.pack("<I", len(texts)))
        for text in texts:
            file.write(struct.pack("<I", len(text.encode())) + text.encode())
        file.write(struct.pack("<I", len(numbers)))
        for number in numbers:
            event = values_of(number, now, payload_of(number), fresh)
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
