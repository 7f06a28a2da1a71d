"""Orders as the application leaves them after `POST /api/orders`, and after `POST /api/payments/intent`."""

import json
import time
from collections.abc import Iterator

import names

TABLES = {
    "products": "id, name, description, unit_amount_minor, currency, stock, active, created_at_ms, updated_at_ms",
    "users": "id, email, email_key, name, password_hash, role, created_at_ms",
    "stripe_customers": "user_id, attempt, stripe_customer_id, submitted_at_ms",
    "orders": "number, id, seller, user_id, total_minor, currency, status, attempt, stripe_customer_id, "
    "stripe_payment_intent_id, created_at_ms, expires_at_ms, payment_flow",
    "order_lines": "order_id, position, product_id, description, quantity, unit_amount_minor, amount_minor",
    "payment_attempts": "order_id, attempt, idempotency_key, amount_minor, currency, state, "
    "stripe_payment_intent_id, stripe_request_id, submitted_at_ms, resolved_at_ms",
    "order_history": "id, order_id, at_ms, kind, cause_kind, cause_id, detail",
}


def rows(table: str, orders: names.Orders, password_hash: str) -> Iterator[tuple]:
    """The rows of a table; every buyer has the same password."""
    now = int(time.time() * 1000)
    match table:
        case "products":
            for product, name, price in [("sencha", "煎茶 100g", 980), ("teapot", "急須", 14540)]:
                yield product, name, "", price, "jpy", 1_000_000_000, 1, now, now
        case "users":
            for buyer in orders.buyers():
                email = names.email(buyer)
                yield names.user(buyer), email, email, None, password_hash, "buyer", now
        case "stripe_customers":
            for buyer in orders.buyers():
                yield names.user(buyer), 1, names.customer(buyer), now
        case _:
            for number in orders.numbers:
                yield from rows_of_order(table, number, orders, now)


def rows_of_order(table: str, n: int, orders: names.Orders, now: int) -> Iterator[tuple]:
    order, buyer = names.order(n), orders.buyer(n)
    match table:
        case "orders":
            opened = ("awaiting_payment", 1, names.customer(buyer), names.intent(n))
            state = ("pending", 0, None, None) if orders.pending else opened
            yield n, order, "shop", names.user(buyer), names.AMOUNT, "jpy", *state, now, now + 86_400_000, "payment_intent"
        case "order_lines":
            yield order, 0, "sencha", "煎茶 100g", 2, 980, 1960
            yield order, 1, "teapot", "急須", 1, 14540, 14540
        case "payment_attempts" if not orders.pending:
            yield (order, 1, f"{order}-1", names.AMOUNT, "jpy", "opened", names.intent(n), names.scattered("req_", n),
                   now, now)
        case "order_history":
            placed = {"total": names.AMOUNT, "currency": "jpy", "number": n}
            yield (names.rising(3, 3 * n), order, now, "order_placed", "request", names.scattered("req_a", n),
                   text(placed))
            if orders.pending:
                return
            cause = ("request", names.scattered("req_b", n))
            submitted = {"attempt": 1, "idempotency_key": f"{order}-1"}
            yield names.rising(3, 3 * n + 1), order, now, "intent_submitted", *cause, text(submitted)
            opened = {"attempt": 1, "payment_intent": names.intent(n), "stripe_request": names.scattered("req_", n)}
            yield names.rising(3, 3 * n + 2), order, now, "intent_opened", *cause, text(opened)


def text(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
