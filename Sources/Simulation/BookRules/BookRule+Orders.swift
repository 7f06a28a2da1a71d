extension BookRule {
    /// Orders and their money, whoever sold them; `deliveries` is a query of everything that was delivered.
    static func ofOrders(deliveries: String) -> [BookRule] {
        ofDeliveries(deliveries) + ofPayment + ofRefunds + ofJournal
    }

    private static func ofDeliveries(_ deliveries: String) -> [BookRule] {
        // Counted once for all orders: a query for each would read every delivery again and again.
        let counted = """
            orders o LEFT JOIN (SELECT order_id, COUNT(*) AS times FROM (\(deliveries)) every GROUP BY order_id) d
                ON d.order_id = o.id
            """
        return [
            BookRule(
                "a paid order has one applied payment and one delivery",
                """
                SELECT o.number || ' ' || o.status AS what, o.id AS order_id FROM \(counted)
                WHERE o.paid_at_ms IS NOT NULL AND (COALESCE(d.times, 0) <> 1
                    OR (SELECT COUNT(*) FROM payments p WHERE p.order_id = o.id AND p.applied = 1) <> 1)
                """),
            BookRule(
                "an unpaid order has neither",
                """
                SELECT o.number || ' ' || o.status AS what, o.id AS order_id FROM \(counted)
                WHERE o.paid_at_ms IS NULL AND (d.times IS NOT NULL
                    OR EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.applied = 1))
                """),
            BookRule(
                "nothing is delivered for an order that is not there",
                """
                SELECT d.order_id AS what, d.order_id FROM (\(deliveries)) d
                WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = d.order_id)
                """),
        ]
    }

    private static let ofPayment = [
        BookRule(
            "an order is paid with its own amount and currency",
            """
            SELECT CAST(o.number AS TEXT) AS what, o.id AS order_id FROM orders o
            JOIN payments p ON p.order_id = o.id AND p.applied = 1
            WHERE p.amount_minor <> o.total_minor OR p.currency <> o.currency
            """),
        BookRule(
            "an order costs what its lines cost",
            """
            SELECT CAST(o.number AS TEXT) AS what, o.id AS order_id FROM orders o WHERE o.total_minor
                <> (SELECT COALESCE(SUM(l.amount_minor), 0) FROM order_lines l WHERE l.order_id = o.id)
            """),
        BookRule(
            "money that pays nothing is flagged for a person",
            """
            SELECT p.stripe_payment_intent_id AS what, p.order_id FROM payments p WHERE p.applied = 0
                AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.order_id = p.order_id
                    AND r.source_id = p.stripe_payment_intent_id)
            """),
        BookRule(
            "nothing is pending for ever, but what a person must look at",
            """
            SELECT 'order ' || number || ' ' || status AS what, id AS order_id FROM orders
                WHERE status IN ('pending', 'awaiting_payment')
            UNION ALL SELECT 'attempt ' || attempt, order_id FROM payment_attempts WHERE state = 'submitted'
            UNION ALL SELECT 'refund ' || id, order_id FROM refunds WHERE state = 'submitted'
            UNION ALL SELECT 'page ' || state, order_id FROM checkout_sessions
                WHERE state IN ('submitted', 'open', 'processing')
                AND order_id NOT IN (SELECT id FROM orders WHERE status = 'needs_review')
            """),
        BookRule(
            "one wish with one key makes one order",
            """
            SELECT request_key AS what, MIN(id) AS order_id FROM orders WHERE request_key IS NOT NULL
            GROUP BY request_key HAVING COUNT(*) > 1
            """),
    ]

    private static let ofRefunds = [
        BookRule(
            "an order says what was given back of its payment",
            """
            SELECT o.number || ' ' || o.refunded_minor AS what, o.id AS order_id FROM orders o
            WHERE o.paid_at_ms IS NOT NULL
                AND o.refunded_minor <> (SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r
                    JOIN payments p ON p.id = r.payment_id
                    WHERE r.order_id = o.id AND p.applied = 1 AND r.state IN ('succeeded', 'pending'))
            """),
        BookRule(
            "no payment, applied or not, is given back by more than it brought",
            """
            SELECT p.stripe_payment_intent_id AS what, p.order_id FROM payments p WHERE p.amount_minor
                < (SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r WHERE r.payment_id = p.id
                    AND r.state IN ('submitted', 'pending', 'succeeded'))
            """),
        BookRule(
            "no refund is pending for ever",
            "SELECT id AS what, order_id FROM refunds WHERE state = 'pending'"),
        BookRule(
            "a refund is of its payment's order and currency",
            """
            SELECT r.id AS what, r.order_id FROM refunds r JOIN payments p ON p.id = r.payment_id
            WHERE r.order_id <> p.order_id OR r.currency <> p.currency
            """),
    ]

    private static let ofJournal = [
        BookRule(
            // What Stripe holds for an order may be less than nothing: it was given back, and a bank took it too.
            "no account of an order is on the wrong side of zero",
            """
            SELECT s.currency || ' earned ' || -s.sales || ', given back ' || s.refunds || ', owed ' || -s.unapplied
                || ', disputed ' || s.disputes AS what, s.order_id
            FROM (SELECT e.order_id, p.currency,
                    SUM(CASE p.account WHEN 'sales' THEN p.amount_minor ELSE 0 END) AS sales,
                    SUM(CASE p.account WHEN 'refunds' THEN p.amount_minor ELSE 0 END) AS refunds,
                    SUM(CASE p.account WHEN 'unapplied_payments' THEN p.amount_minor ELSE 0 END) AS unapplied,
                    SUM(CASE p.account WHEN 'disputes' THEN p.amount_minor ELSE 0 END) AS disputes
                FROM journal_entries e JOIN postings p ON p.entry_id = e.id GROUP BY e.order_id, p.currency) s
            WHERE s.sales > 0 OR s.refunds < 0 OR s.unapplied > 0 OR s.disputes < 0 OR s.sales + s.refunds > 0
            """)
    ]
}
