extension BookRule {
    /// Devices and their purchases.
    static let ofPasses = [
        BookRule(
            "a purchase is of what its order is about, and of nothing else",
            """
            SELECT p.product_type AS what, p.order_id FROM pass_purchases p
            WHERE (SELECT COUNT(*) FROM order_lines l WHERE l.order_id = p.order_id) <> 1
                OR NOT EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = p.order_id
                    AND l.product_id = p.product_type AND l.quantity = 1)
            """),
        BookRule(
            "a device has what was delivered to it",
            """
            SELECT d.device_id AS what, NULL AS order_id FROM devices d WHERE
                d.unlock_count <> (SELECT COUNT(*) FROM pass_purchases p WHERE p.device_id = d.device_id
                    AND p.state = 'delivered' AND p.product_type = 'daypass')
                OR (d.license_purchased_at_ms IS NOT NULL) <> EXISTS (SELECT 1 FROM pass_purchases p
                    WHERE p.device_id = d.device_id AND p.state = 'delivered' AND p.product_type = 'license')
            """),
        BookRule(
            "a purchase ends with its order",
            """
            SELECT p.state || ' ' || o.status AS what, p.order_id FROM pass_purchases p
            JOIN orders o ON o.id = p.order_id
            WHERE (p.state = 'delivered') <> (o.paid_at_ms IS NOT NULL)
                OR (p.state = 'closed') <> (o.status = 'canceled')
                OR (p.state = 'open' AND o.status <> 'needs_review')
            """),
        BookRule(
            "a device counts its unlocks one by one",
            """
            SELECT device_id || ' ' || unlock_count AS what, MIN(order_id) AS order_id FROM pass_purchases
            WHERE unlock_count IS NOT NULL GROUP BY device_id, unlock_count HAVING COUNT(*) > 1
            """),
        BookRule(
            "a device pays once for a day",
            """
            SELECT device_id || ' ' || unlock_date AS what, MIN(order_id) AS order_id FROM pass_purchases
            WHERE unlock_date IS NOT NULL GROUP BY device_id, unlock_date HAVING COUNT(*) > 1
            """),
    ]
}
