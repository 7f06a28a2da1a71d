"""The names of everything that an order has, computed from its number, so that Python and SQL agree on them.

Stripe's ids are scattered as theirs are, and ours rise with time as UUIDv7 do: indexes are hit as in real life.
"""

import hashlib

AMOUNT = 16500
# Numbers with many digits, so that they cannot be taken for anything else in a statement's values.
FIRST_NUMBER = 7_000_000
PASSWORD = "a password of the benchmark"
WEBHOOK_SECRET = "whsec_benchmark"
SECRET_KEY = "sk_test_benchmark"
TEMPLATE_EMAIL = "template@example.com"


def scattered(prefix: str, number: int) -> str:
    """As `prefix || substr(md5(prefix || number), 1, 24)` in SQL."""
    return prefix + hashlib.md5(f"{prefix}{number}".encode()).hexdigest()[:24]


def rising(kind: int, number: int) -> str:
    """As `'019aed00-KKKK-7000-8000-' || lpad(to_hex(number), 12, '0')` in SQL."""
    return f"019aed00-{kind:04x}-7000-8000-{number:012x}"


def order(number: int) -> str:
    return rising(1, number)


def user(buyer: int) -> str:
    return rising(2, buyer)


def email(buyer: int) -> str:
    return f"buyer{buyer}@example.com"


def customer(buyer: int) -> str:
    return scattered("cus_", buyer)


def intent(number: int) -> str:
    return scattered("pi_3", number)


def charge(number: int) -> str:
    return scattered("ch_3", number)


def event(number: int) -> str:
    return scattered("evt_3", number)


class Orders:
    """Orders of one database: their numbers, and how many in a row are one buyer's."""

    def __init__(self, count: int, of_a_buyer: int, pending: bool):
        self.numbers = range(FIRST_NUMBER, FIRST_NUMBER + count)
        self.of_a_buyer = of_a_buyer
        # No payment was opened yet; otherwise they await it.
        self.pending = pending

    def buyer(self, number: int) -> int:
        return number // self.of_a_buyer

    def buyers(self) -> list[int]:
        return list(dict.fromkeys(self.buyer(number) for number in self.numbers))

    def fields(self, number: int) -> list[str]:
        """What the templates of requests need: {1} to {6}."""
        return [order(number), str(number), customer(self.buyer(number)), intent(number), charge(number), event(number)]
