/// The rules of the books.
public enum Rules {
    /// All of them.
    public static let all: [any Rule] = ofRows + ofSides + ofPromises

    /// What our own rows must be. Each is a plain query over both databases.
    public static let ofRows: [SQLRule] = [
        SQLRule(
            "a paid order has one applied payment and one delivery",
            """
            SELECT o.number || ' ' || o.status AS what, o.id AS order_id FROM orders o WHERE o.paid_at_ms IS NOT NULL
                AND ((SELECT COUNT(*) FROM payments p WHERE p.order_id = o.id AND p.applied = 1) <> 1
                OR (SELECT COUNT(*) FROM shop_deliveries d WHERE d.order_id = o.id)
                    + (SELECT COUNT(*) FROM pass_purchases d WHERE d.order_id = o.id AND d.state = 'delivered') <> 1)
            """),
        SQLRule(
            "an unpaid order has neither",
            """
            SELECT o.number || ' ' || o.status AS what, o.id AS order_id FROM orders o WHERE o.paid_at_ms IS NULL AND (
                EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.applied = 1)
                OR EXISTS (SELECT 1 FROM shop_deliveries d WHERE d.order_id = o.id)
                OR EXISTS (SELECT 1 FROM pass_purchases d WHERE d.order_id = o.id AND d.state = 'delivered'))
            """),
        SQLRule(
            "an order is paid with its own amount and currency",
            """
            SELECT CAST(o.number AS TEXT) AS what, o.id AS order_id FROM orders o
            JOIN payments p ON p.order_id = o.id AND p.applied = 1
            WHERE p.amount_minor <> o.total_minor OR p.currency <> o.currency
            """),
        SQLRule(
            "an order costs what its lines cost",
            """
            SELECT CAST(o.number AS TEXT) AS what, o.id AS order_id FROM orders o
            WHERE o.total_minor <> (SELECT SUM(l.amount_minor) FROM order_lines l WHERE l.order_id = o.id)
            """),
        SQLRule(
            "money that pays nothing is flagged for a person",
            """
            SELECT p.stripe_payment_intent_id AS what, p.order_id FROM payments p WHERE p.applied = 0
                AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.order_id = p.order_id
                    AND r.source_id = p.stripe_payment_intent_id)
            """),
        SQLRule(
            "no person is needed, as nobody pays what was given up, or anything else than was asked",
            """
            SELECT kind AS what, order_id FROM reviews
            UNION ALL SELECT status, id FROM orders WHERE status = 'needs_review'
            UNION ALL SELECT kind || ' ' || stripe_id, order_id FROM reconciliation_findings
                WHERE resolved_at_ms IS NULL
            """),
        SQLRule(
            "nothing is pending for ever",
            """
            SELECT 'order ' || number || ' ' || status AS what, id AS order_id FROM orders
                WHERE status IN ('pending', 'awaiting_payment')
            UNION ALL SELECT 'attempt ' || attempt, order_id FROM payment_attempts WHERE state = 'submitted'
            UNION ALL SELECT 'refund ' || id || ' ' || state, order_id FROM refunds
                WHERE state IN ('submitted', 'pending')
            UNION ALL SELECT 'page ' || state, order_id FROM checkout_sessions
                WHERE state IN ('submitted', 'open', 'processing')
            UNION ALL SELECT 'purchase of ' || device_id, order_id FROM pass_purchases WHERE state = 'open'
            """),
        SQLRule(
            "stock is what was there less what was ordered and not given up",
            """
            SELECT p.id || ' has ' || p.stock AS what, NULL AS order_id FROM products p WHERE p.stock IS NOT NULL
                AND p.stock + (SELECT COALESCE(SUM(l.quantity), 0) FROM order_lines l JOIN orders o ON o.id = l.order_id
                    WHERE l.product_id = p.id AND o.status <> 'canceled') <> \(stock)
            """),
        SQLRule(
            "every delivery of the shop has its receipt",
            """
            SELECT d.order_id AS what, d.order_id FROM shop_deliveries d
            WHERE NOT EXISTS (SELECT 1 FROM outbox x WHERE x.dedupe_key = 'shop.receipt:' || d.order_id)
            """),
        SQLRule(
            "what was given back is no more than what came, and the order says so",
            """
            SELECT o.number || ' ' || o.refunded_minor AS what, o.id AS order_id FROM orders o
            WHERE o.paid_at_ms IS NOT NULL
                AND o.refunded_minor <> (SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r
                    JOIN payments p ON p.id = r.payment_id
                    WHERE r.order_id = o.id AND p.applied = 1 AND r.state IN ('succeeded', 'pending'))
            """),
        SQLRule(
            "one wish with one key makes one order",
            """
            SELECT request_key AS what, MIN(id) AS order_id FROM orders WHERE request_key IS NOT NULL
            GROUP BY request_key HAVING COUNT(*) > 1
            """),
        SQLRule(
            "an event is in the inbox once, and is done with",
            """
            SELECT stripe_event_id || ' ' || COUNT(*) AS what, NULL AS order_id FROM webhook_events
                GROUP BY stripe_event_id HAVING COUNT(*) > 1
            UNION ALL SELECT stripe_event_id || ' ' || type || ' ' || state || ' ' || outcome, order_id
                FROM webhook_events WHERE state IN ('waiting', 'dead')
            """),
        SQLRule(
            // A tick of a schedule that was killed again and again is given up; the next tick does its work.
            "no job is given up or waits for ever, but for ticks of schedules",
            """
            SELECT kind || ' ' || state || ' ' || COALESCE(last_error, '') AS what, NULL AS order_id FROM jobs
            WHERE state <> 'done' AND COALESCE(subject, '') NOT LIKE 'schedule:%'
            """),
        SQLRule(
            "every message is written down as sent",
            "SELECT dedupe_key AS what, subject AS order_id FROM outbox WHERE sent_at_ms IS NULL"),
        SQLRule(
            "every entry of the journal sums to zero over two accounts or more",
            """
            SELECT e.kind || ' ' || e.source_id AS what, MIN(e.order_id) AS order_id FROM journal_entries e
            LEFT JOIN postings p ON p.entry_id = e.id GROUP BY e.id, e.kind, e.source_id, p.currency
            HAVING COALESCE(SUM(p.amount_minor), 1) <> 0 OR COUNT(DISTINCT p.account) < 2
            """),
        SQLRule(
            "no fact is booked twice",
            """
            SELECT kind || ' ' || source_id AS what, MIN(order_id) AS order_id FROM journal_entries
            GROUP BY kind, source_id HAVING COUNT(*) > 1
            """),
        SQLRule(
            "a device has what was delivered to it",
            """
            SELECT d.device_id AS what, NULL AS order_id FROM devices d WHERE
                d.unlock_count <> (SELECT COUNT(*) FROM pass_purchases p WHERE p.device_id = d.device_id
                    AND p.state = 'delivered' AND p.product_type = 'daypass')
                OR (d.license_purchased_at_ms IS NOT NULL) <> EXISTS (SELECT 1 FROM pass_purchases p
                    WHERE p.device_id = d.device_id AND p.state = 'delivered' AND p.product_type = 'license')
            """),
        SQLRule(
            "a purchase ends with its order",
            """
            SELECT p.state || ' ' || o.status AS what, p.order_id FROM pass_purchases p
            JOIN orders o ON o.id = p.order_id
            WHERE (p.state = 'delivered') <> (o.paid_at_ms IS NOT NULL)
                OR (p.state = 'closed') <> (o.status = 'canceled')
            """),
        SQLRule(
            "a device pays once for a day",
            """
            SELECT device_id || ' ' || unlock_date AS what, MIN(order_id) AS order_id FROM pass_purchases
            WHERE unlock_date IS NOT NULL GROUP BY device_id, unlock_date HAVING COUNT(*) > 1
            """),
        SQLRule(
            "no reconciliation runs for ever",
            "SELECT id AS what, NULL AS order_id FROM reconciliation_runs WHERE state = 'running'"),
    ]

    /// The stock of each product that has one, at the beginning.
    public static let stock = 1_000_000
}
