"""Runs the generator."""

import json
import os
import subprocess
from pathlib import Path

import names
from paths import EVENT, TOOLS

TEMPLATE = EVENT.read_text()
# How an event is sent, and signed.
SIGNED = ["--method", "POST", "--path", "/api/payments/webhook", "--body", str(EVENT), "--sign", names.WEBHOOK_SECRET]


class Unfit(Exception):
    """A run that must not be counted: an answer was no 2xx, or the books do not fit. With the `result` of a run that came to
    its end."""

    def __init__(self, words: str, result: dict | None = None):
        super().__init__(words)
        self.result = result


def payload(orders: names.Orders, number: int, installation: str) -> str:
    """The body of an order's event, as the generator makes it."""
    text = TEMPLATE
    for place, value in enumerate([*orders.fields(number), installation]):
        text = text.replace(f"{{{place + 1}}}", value)
    return text


def write_rows(path: Path, orders: names.Orders, numbers, more) -> None:
    """A line of fields for each number; `more` gives those after the sixth."""
    with path.open("w") as file:
        for number in numbers:
            file.write("\t".join([*orders.fields(number), *more(number)]) + "\n")


def run(port: int, rows: Path, *options: str, first: int = 0, count: int | None = None,
        connections: int = 32, rate: float = 0, seconds_max: int = 120) -> dict:
    """One run; raises `Unfit` unless every request was answered by a 2xx."""
    words = [str(TOOLS / "generator"), "--port", str(port), "--rows", str(rows), "--connections", str(connections),
             "--first", str(first), "--rate", str(rate), "--seconds-max", str(seconds_max), *options]
    if count is not None:
        words += ["--count", str(count)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds_max + 60, env=dict(os.environ))
    if done.returncode == 2 or not done.stdout:
        raise Unfit(f"the generator: {done.stderr.strip() or done.returncode}")
    result = json.loads(done.stdout)
    if done.returncode != 0:
        raise Unfit(f"not every answer was a 2xx: {result['statuses']}; the first: {result['first_failure']}", result)
    return result
