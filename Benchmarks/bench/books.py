"""Whether each order was paid exactly once, and nothing else happened. The same questions to both databases."""

from load import Unfit

# Each must give the number of orders that were paid.
PAID = {
    "orders": "SELECT COUNT(*) FROM orders WHERE status = 'paid' AND paid_at_ms IS NOT NULL",
    "payments": "SELECT COUNT(*) FROM payments",
    "orders with a payment": "SELECT COUNT(DISTINCT order_id) FROM payments WHERE applied = 1 AND amount_minor = {amount}",
    "deliveries": "SELECT COUNT(*) FROM shop_deliveries",
    "entries": "SELECT COUNT(DISTINCT source_id) FROM journal_entries WHERE kind = 'payment'",
    "all entries": "SELECT COUNT(*) FROM journal_entries",
    "pairs of postings": "SELECT COUNT(*) / 2 FROM postings",
    "events": "SELECT COUNT(*) FROM webhook_events WHERE state = 'applied' AND outcome = 'order_paid'",
    "all events": "SELECT COUNT(*) FROM webhook_events",
    "events with their body": "SELECT COUNT(*) FROM webhook_events WHERE length(payload) > 2000",
    "receipts": "SELECT COUNT(*) FROM outbox WHERE dedupe_key LIKE 'shop.receipt:%'",
    "stories": "SELECT COUNT(*) FROM order_history WHERE kind = 'order_fulfilled'",
}
# Each must give zero.
NONE = {
    "money that was lost": "SELECT COALESCE(SUM(amount_minor), 0) FROM postings",
    "reviews": "SELECT COUNT(*) FROM reviews",
    "payments of nobody": "SELECT COUNT(*) FROM payments WHERE order_id NOT IN (SELECT id FROM orders)",
}


def check(query, paid: int, amount: int) -> None:
    """`query` gives the single value of a statement. Raises `Unfit` with all that does not fit."""
    wrong = []
    for name, sql in PAID.items():
        found = query(sql.format(amount=amount))
        if found != paid:
            wrong.append(f"{name}: {found}, not {paid}")
    wrong += [f"{name}: {found}" for name, sql in NONE.items() if (found := query(sql)) != 0]
    if wrong:
        raise Unfit("the books do not fit: " + "; ".join(wrong))
