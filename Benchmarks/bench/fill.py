"""Orders as the application leaves them after `POST /api/orders` and `POST /api/payments/intent`: they await payment.

`STATES` says what each table has for one order; SQLite takes the rows from Python, PostgreSQL by COPY.
"""

import json
import sqlite3
import time
from collections.abc import Iterator

import names

TABLES = {
    "users": "id, email, email_key, name, password_hash, role, created_at_ms",
    "stripe_customers": "user_id, attempt, stripe_customer_id, submitted_at_ms",
    "orders": "number, id, seller, user_id, total_minor, currency, status, attempt, stripe_customer_id, "
    "stripe_payment_intent_id, created_at_ms, expires_at_ms, payment_flow",
    "order_lines": "order_id, position, product_id, description, quantity, unit_amount_minor, amount_minor",
    "payment_attempts": "order_id, attempt, idempotency_key, amount_minor, currency, state, "
    "stripe_payment_intent_id, stripe_request_id, submitted_at_ms, resolved_at_ms",
    "order_history": "id, order_id, at_ms, kind, cause_kind, cause_id, detail",
}


def rows(table: str, numbers: range, now: int, password_hash: str, pending: bool) -> Iterator[tuple]:
    """The rows of a table; with `pending`, no payment was opened yet."""
    for n in numbers:
        order = names.order(n)
        first_of_user = n == numbers.start or n % names.ORDERS_OF_A_USER == 0
        match table:
            case "users" if first_of_user:
                email = names.email(n)
                yield names.user(n), email, email, None, password_hash, "buyer", now
            case "stripe_customers" if first_of_user:
                yield names.user(n), 1, names.customer(n), now
            case "orders":
                opened = ("pending", 0, None, None) if pending else (
                    "awaiting_payment", 1, names.customer(n), names.intent(n))
                yield (n, order, "shop", names.user(n), names.AMOUNT, "jpy", *opened, now, now + 86_400_000,
                       "payment_intent")
            case "order_lines":
                yield order, 0, "sencha", "煎茶 100g", 2, 980, 1960
                yield order, 1, "teapot", "急須", 1, 14540, 14540
            case "payment_attempts" if not pending:
                yield (order, 1, f"{order}-1", names.AMOUNT, "jpy", "opened", names.intent(n),
                       names.scattered("req_", n), now, now)
            case "order_history":
                placed = {"total": names.AMOUNT, "currency": "jpy", "number": n}
                yield names.rising(3, 3 * n), order, now, "order_placed", "request", names.scattered("req_a", n), text(placed)
                if pending:
                    continue
                cause = ("request", names.scattered("req_b", n))
                submitted = {"attempt": 1, "idempotency_key": f"{order}-1"}
                yield names.rising(3, 3 * n + 1), order, now, "intent_submitted", *cause, text(submitted)
                opened = {"attempt": 1, "payment_intent": names.intent(n), "stripe_request": names.scattered("req_", n)}
                yield names.rising(3, 3 * n + 2), order, now, "intent_opened", *cause, text(opened)


def text(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


PRODUCTS = [("sencha", "煎茶 100g", 980), ("teapot", "急須", 14540)]


def sqlite(path: str, numbers: range, pending: bool = False) -> None:
    """Fills a migrated file, in which one account was made with the benchmark's password."""
    now = int(time.time() * 1000)
    with sqlite3.connect(path) as database:
        password_hash = database.execute("SELECT password_hash FROM users LIMIT 1").fetchone()[0]
        database.executemany(
            "INSERT OR IGNORE INTO products VALUES (?, ?, '', ?, 'jpy', 1000000000, 1, ?, ?)",
            [(*product, now, now) for product in PRODUCTS])
        for table, columns in TABLES.items():
            marks = ", ".join("?" for _ in columns.split(","))
            database.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows(table, numbers, now, password_hash, pending))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def installation(path: str) -> str:
    """The id of the installation, which Stripe's events name."""
    database = sqlite3.connect(path)
    found = database.execute("SELECT id FROM installation").fetchone()[0]
    database.close()
    return found
