"""The names of everything that an order has, computed from its number, so that Python, SQL and C agree on them.

Stripe's ids are scattered as theirs are, and ours rise with time as UUIDv7 do: indexes are hit as in real life.
"""

import hashlib

AMOUNT = 16500
ORDERS_OF_A_USER = 4
# Numbers with many digits, so that they cannot be taken for anything else in a statement's values.
FIRST_NUMBER = 7_000_001
PASSWORD = "a password of the benchmark"
WEBHOOK_SECRET = "whsec_benchmark"
SECRET_KEY = "sk_test_benchmark"


def scattered(prefix: str, number: int) -> str:
    """As `prefix || substr(md5(prefix || number), 1, 24)` in SQL."""
    return prefix + hashlib.md5(f"{prefix}{number}".encode()).hexdigest()[:24]


def rising(kind: int, number: int) -> str:
    """As `'019aed00-KKKK-7000-8000-' || lpad(to_hex(number), 12, '0')` in SQL."""
    return f"019aed00-{kind:04x}-7000-8000-{number:012x}"


def order(number: int) -> str:
    return rising(1, number)


def user(number: int) -> str:
    """The buyer of an order."""
    return rising(2, number // ORDERS_OF_A_USER)


def email(number: int) -> str:
    return f"buyer{number // ORDERS_OF_A_USER}@example.com"


def customer(number: int) -> str:
    return scattered("cus_", number // ORDERS_OF_A_USER)


def intent(number: int) -> str:
    return scattered("pi_3", number)


def charge(number: int) -> str:
    return scattered("ch_3", number)


def event(number: int) -> str:
    return scattered("evt_3", number)


def row(number: int) -> list[str]:
    """What the templates of requests need of an order."""
    return [order(number), str(number), customer(number), intent(number), charge(number), event(number)]
