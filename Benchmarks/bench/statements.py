"""The statements that the application really runs for one event, as templates for any other.

They are taken from a run with one event, so that the limits beside the server follow the application when it changes.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import names

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Value:
    """A bound value: `n`, `i`, `t` or `b`, and its text with `{…}` where it belongs to the order."""

    letter: str
    template: str


@dataclass
class Statement:
    sql: str
    values: list[Value]


class Roles:
    """Finds what belongs to the order in the values of its statements."""

    def __init__(self, number: int, payload: str):
        self.payload = payload
        self.known = {
            names.order(number): "{order}", names.user(number): "{user}", names.email(number): "{email}",
            names.customer(number): "{customer}", names.intent(number): "{intent}", names.charge(number): "{charge}",
            names.event(number): "{event}", str(number): "{number}",
        }
        self.fresh = 0

    def value(self, letter: str, text: str) -> Value:
        if letter in "tb" and text == self.payload:
            return Value(letter, "{payload}")
        if letter == "i" and abs(int(text) / 1000 - time.time()) < 600:
            return Value(letter, "{now}")
        for known, name in self.known.items():
            text = text.replace(known, name)
        # An id that was made for this event: the same one each time that it comes up.
        for made in UUID.findall(text) if letter == "t" else []:
            self.known[made] = f"{{fresh{self.fresh}}}"
            self.fresh += 1
            text = text.replace(made, self.known[made])
        return Value(letter, text)


def of_sqlite(trace: Path, number: int, payload: str) -> list[Statement]:
    """The statements of the one transaction that holds the event, without those that begin, end or mark it."""
    by_connection: dict[str, list[Statement]] = {}
    current = None
    for line in trace.read_text().splitlines():
        letter, _, rest = line.partition(" ")
        first, _, second = rest.partition(" ")
        if letter == "S":
            current = Statement(bytes.fromhex(second).decode(), [])
            by_connection.setdefault(first, []).append(current)
        elif current:
            text = bytes.fromhex(second).decode() if letter in "TB" else second
            current.values.append(Value(letter.lower(), text))
    event = names.event(number)
    for statements in by_connection.values():
        begin = 0
        for place, statement in enumerate(statements):
            if statement.sql.startswith("BEGIN"):
                begin = place + 1
            if statement.sql == "COMMIT" and any(
                    v.template == event for s in statements[begin:place] for v in s.values):
                roles = Roles(number, payload)
                found = [s for s in statements[begin:place] if not s.sql.startswith(("SAVEPOINT", "RELEASE"))]
                return [Statement(s.sql, [roles.value(v.letter, v.template) for v in s.values]) for s in found]
    raise RuntimeError("the run of one event shows no transaction with it")
