extension SellerBooks {
    /// Devices and their purchases.
    static let passes = SellerBooks(
        name: "passes", deliveries: "SELECT order_id FROM pass_purchases WHERE state = 'delivered'", rules: rules)

    private static let rules = [
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
            "no device counts below zero or beyond what it has",
            """
            SELECT d.device_id || ' ' || d.unlock_count AS what, NULL AS order_id FROM devices d WHERE d.unlock_count < 0
            UNION ALL SELECT p.device_id || ' ' || p.unlock_count, p.order_id FROM pass_purchases p
                JOIN devices d ON d.device_id = p.device_id
                WHERE p.unlock_count < 1 OR p.unlock_count > d.unlock_count
            """),
        BookRule(
            "a device counts its unlocks one by one",
            """
            SELECT device_id || ' ' || unlock_count AS what, MIN(order_id) AS order_id FROM pass_purchases
            WHERE unlock_count IS NOT NULL GROUP BY device_id, unlock_count HAVING COUNT(*) > 1
            """),
        BookRule(
            // Midnight is Tokyo's. Both sides are Julian day numbers, as the two databases share no function of dates.
            "a day pass is for the day in Tokyo on which it was delivered",
            """
            SELECT y.device_id || ' ' || y.unlock_date AS what, y.order_id
            FROM (SELECT x.*, x.month + 12 * ((14 - x.month) / 12) - 3 AS m, x.year + 4800 - (14 - x.month) / 12 AS y
                FROM (SELECT order_id, device_id, unlock_date, delivered_at_ms,
                        CAST(SUBSTR(unlock_date, 1, 4) AS BIGINT) AS year,
                        CAST(SUBSTR(unlock_date, 6, 2) AS BIGINT) AS month,
                        CAST(SUBSTR(unlock_date, 9, 2) AS BIGINT) AS day
                    FROM pass_purchases WHERE unlock_date IS NOT NULL) x) y
            WHERE y.day + (153 * y.m + 2) / 5 + 365 * y.y + y.y / 4 - y.y / 100 + y.y / 400 - 32045
                <> (y.delivered_at_ms + 32400000) / 86400000 + 2440588
            """),
        BookRule(
            "a device pays once for a day",
            """
            SELECT device_id || ' ' || unlock_date AS what, MIN(order_id) AS order_id FROM pass_purchases
            WHERE unlock_date IS NOT NULL GROUP BY device_id, unlock_date HAVING COUNT(*) > 1
            """),
    ]
}
