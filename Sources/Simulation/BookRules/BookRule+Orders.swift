extension BookRule {
    /// Orders and their money, whoever sold them, and the shop's goods.
    static func ofOrders(stock: Int64) -> [BookRule] { ofPayment + ofRefunds + ofGoods(stock: stock) }

    private static let ofPayment = [
        BookRule(
            "a paid order has one applied payment and one delivery",
            """
            SELECT o.number || ' ' || o.status AS what, o.id AS order_id FROM orders o WHERE o.paid_at_ms IS NOT NULL
                AND ((SELECT COUNT(*) FROM payments p WHERE p.order_id = o.id AND p.applied = 1) <> 1
                OR (SELECT COUNT(*) FROM shop_deliveries d WHERE d.order_id = o.id)
                    + (SELECT COUNT(*) FROM pass_purchases d WHERE d.order_id = o.id AND d.state = 'delivered') <> 1)
            """),
        BookRule(
            "an unpaid order has neither",
            """
            SELECT o.number || ' ' || o.status AS what, o.id AS order_id FROM orders o WHERE o.paid_at_ms IS NULL AND (
                EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.applied = 1)
                OR EXISTS (SELECT 1 FROM shop_deliveries d WHERE d.order_id = o.id)
                OR EXISTS (SELECT 1 FROM pass_purchases d WHERE d.order_id = o.id AND d.state = 'delivered'))
            """),
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
            "what was given back is no more than what came, and the order says so",
            """
            SELECT o.number || ' ' || o.refunded_minor AS what, o.id AS order_id FROM orders o
            WHERE o.paid_at_ms IS NOT NULL
                AND o.refunded_minor <> (SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r
                    JOIN payments p ON p.id = r.payment_id
                    WHERE r.order_id = o.id AND p.applied = 1 AND r.state IN ('succeeded', 'pending'))
            """)
    ]

    private static func ofGoods(stock: Int64) -> [BookRule] {
        [
            BookRule(
                "no stock is negative",
                "SELECT id || ' has ' || stock AS what, NULL AS order_id FROM products WHERE stock < 0"),
            BookRule(
                "stock is what was there less what was ordered and not given up",
                """
                SELECT p.id || ' has ' || p.stock AS what, NULL AS order_id FROM products p WHERE p.stock IS NOT NULL
                    AND p.stock + (SELECT COALESCE(SUM(l.quantity), 0) FROM order_lines l
                        JOIN orders o ON o.id = l.order_id
                        WHERE l.product_id = p.id AND o.status <> 'canceled') <> \(stock)
                """),
            BookRule(
                "every delivery of the shop has its receipt",
                """
                SELECT d.order_id AS what, d.order_id FROM shop_deliveries d
                WHERE NOT EXISTS (SELECT 1 FROM outbox x WHERE x.dedupe_key = 'shop.receipt:' || d.order_id)
                """),
        ]
    }
}
