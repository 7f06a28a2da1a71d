extension SellerBooks {
    /// The shop's goods: each product with a stock had so much at the beginning.
    static func shop(stock: Int64) -> SellerBooks {
        SellerBooks(
            name: "shop", deliveries: "SELECT order_id FROM shop_deliveries",
            rules: [
                BookRule(
                    "no stock is negative",
                    "SELECT id || ' has ' || stock AS what, NULL AS order_id FROM products WHERE stock < 0"),
                BookRule(
                    "stock is what was there less what was ordered and not given up",
                    """
                    SELECT p.id || ' has ' || p.stock AS what, NULL AS order_id FROM products p
                    WHERE p.stock IS NOT NULL AND p.stock + (SELECT COALESCE(SUM(l.quantity), 0) FROM order_lines l
                        JOIN orders o ON o.id = l.order_id
                        WHERE l.product_id = p.id AND o.status <> 'canceled') <> \(stock)
                    """),
                BookRule(
                    // The key makes a message unique; a receipt under another key would be a second one all the same.
                    "every delivery of the shop has one receipt, and nothing else has one",
                    """
                    SELECT d.order_id AS what, d.order_id FROM shop_deliveries d
                    WHERE (SELECT COUNT(*) FROM outbox x WHERE x.subject = d.order_id) <> 1
                        OR NOT EXISTS (SELECT 1 FROM outbox x WHERE x.dedupe_key = 'shop.receipt:' || d.order_id)
                    UNION ALL SELECT x.dedupe_key, x.subject FROM outbox x WHERE x.dedupe_key LIKE 'shop.receipt%'
                        AND NOT EXISTS (SELECT 1 FROM shop_deliveries d WHERE d.order_id = x.subject)
                    """),
            ])
    }
}
