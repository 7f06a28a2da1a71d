"""The statements that the application really runs for one event, as templates for any other.

They are taken from a run with one event, so that the limits beside the server follow the application when it changes.
"""

import re
import time
from dataclasses import dataclass

import names

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NAME = re.compile(r"(\{(?:order|user|email|customer|intent|charge|event|number|now|payload|fresh\d+)\})")


@dataclass
class Value:
    """A bound value: `n`, `i`, `t` or `b`, and its text with `{…}` where it belongs to the event."""

    letter: str
    template: str

    def pieces(self) -> list[str]:
        """Text and names in turns: a name has an odd place."""
        return NAME.split(self.template)


@dataclass
class Statement:
    """A statement with its values in their places."""

    sql: str
    values: list[Value]


class Roles:
    """Finds what belongs to the event in the values of its statements."""

    def __init__(self, orders: names.Orders, number: int, payload: str):
        self.payload = payload
        buyer = orders.buyer(number)
        self.known = {
            names.order(number): "{order}", names.user(buyer): "{user}", names.email(buyer): "{email}",
            names.customer(buyer): "{customer}", names.intent(number): "{intent}", names.charge(number): "{charge}",
            names.event(number): "{event}", str(number): "{number}",
        }
        self.fresh = 0

    def value(self, value: Value) -> Value:
        letter, text = value.letter, value.template
        if text == self.payload:
            return Value(letter, "{payload}")
        if text.isdigit() and len(text) == 13 and abs(int(text) / 1000 - time.time()) < 600:
            return Value(letter, "{now}")
        for known, name in self.known.items():
            text = text.replace(known, name)
        # An id that was made for this event: the same one each time that it comes up.
        for made in UUID.findall(text):
            self.known[made] = f"{{fresh{self.fresh}}}"
            self.fresh += 1
            text = text.replace(made, self.known[made])
        return Value(letter, text)

    def templates(self, statements: list[Statement]) -> list[Statement]:
        return [Statement(s.sql, [self.value(v) for v in s.values]) for s in statements]


def transaction_with(statements: list[Statement], text: str) -> list[Statement] | None:
    """The statements of the one transaction that binds a text, with its beginning and end; None when there is none."""
    begin = 0
    for place, statement in enumerate(statements):
        word = statement.sql.strip().upper()
        if word.startswith("BEGIN"):
            begin = place
        if word.startswith("COMMIT"):
            found = statements[begin:place + 1]
            if any(value.template == text for s in found for value in s.values):
                return found
    return None


def values_of(orders: names.Orders, number: int, now: int, payload: str, fresh: int = 64) -> dict[str, str]:
    """What the names stand for, for another event."""
    buyer = orders.buyer(number)
    return {
        "{order}": names.order(number), "{user}": names.user(buyer), "{email}": names.email(buyer),
        "{customer}": names.customer(buyer), "{intent}": names.intent(number), "{charge}": names.charge(number),
        "{event}": names.event(number), "{number}": str(number), "{now}": str(now), "{payload}": payload,
    } | {f"{{fresh{i}}}": names.rising(16 + i, number) for i in range(fresh)}
