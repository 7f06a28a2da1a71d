public import Database
internal import JSON
public import Testing

extension World {
    /// Checks the books: every entry sums to zero in each currency, paid means paid once and delivered once, and no other order is.
    public func expectBooks(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let faults = try await database.read { tx in
            [
                (
                    "entries that do not sum to zero",
                    try tx.rows(
                        """
                        SELECT entry_id FROM postings GROUP BY entry_id, currency
                        HAVING SUM(amount_minor) <> 0 OR COUNT(DISTINCT account) < 2
                        """
                    ).count
                ),
                (
                    "entries without postings",
                    try tx.rows(
                        """
                        SELECT e.id FROM journal_entries e
                        WHERE NOT EXISTS (SELECT 1 FROM postings p WHERE p.entry_id = e.id)
                        """
                    ).count
                ),
                (
                    "paid orders without exactly one applied payment and delivery",
                    try tx.rows(
                        """
                        SELECT o.id FROM orders o WHERE o.paid_at_ms IS NOT NULL AND (
                            (SELECT COUNT(*) FROM payments p WHERE p.order_id = o.id AND p.applied = 1) <> 1
                            OR (SELECT COUNT(*) FROM shop_deliveries d WHERE d.order_id = o.id)
                                + (SELECT COUNT(*) FROM pass_purchases d
                                    WHERE d.order_id = o.id AND d.state = 'delivered') <> 1)
                        """
                    ).count
                ),
                (
                    "unpaid orders with a delivery or an applied payment",
                    try tx.rows(
                        """
                        SELECT o.id FROM orders o WHERE o.paid_at_ms IS NULL AND (
                            EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.applied = 1)
                            OR EXISTS (SELECT 1 FROM shop_deliveries d WHERE d.order_id = o.id)
                            OR EXISTS (SELECT 1 FROM pass_purchases d
                                WHERE d.order_id = o.id AND d.state = 'delivered'))
                        """
                    ).count
                ),
                (
                    "payments without their entry",
                    try tx.rows(
                        """
                        SELECT p.id FROM payments p WHERE NOT EXISTS (
                            SELECT 1 FROM journal_entries e WHERE e.source_id = p.stripe_payment_intent_id
                                AND e.kind IN ('payment', 'unapplied_payment'))
                        """
                    ).count
                ),
                (
                    "devices that do not have what was delivered to them",
                    try tx.rows(
                        """
                        SELECT d.device_id FROM devices d WHERE
                            d.unlock_count <> (SELECT COUNT(*) FROM pass_purchases p WHERE p.device_id = d.device_id
                                AND p.state = 'delivered' AND p.product_type = 'daypass')
                            OR (d.license_purchased_at_ms IS NOT NULL) <> EXISTS (SELECT 1 FROM pass_purchases p
                                WHERE p.device_id = d.device_id AND p.state = 'delivered'
                                AND p.product_type = 'license')
                        """
                    ).count
                ),
                ("products below zero", try tx.rows("SELECT id FROM products WHERE stock < 0").count),
            ]
        }
        for (what, count) in faults where count > 0 {
            Issue.record("the books: \(count) \(what)", sourceLocation: sourceLocation)
        }
        let atStripe = try await chargedAtStripe()
        let booked = try await balance("stripe_balance")
        if atStripe != booked {
            Issue.record("the books: \(booked) booked, \(atStripe) at Stripe", sourceLocation: sourceLocation)
        }
    }

    /// The balance of an account, over all orders, in minor units.
    public func balance(_ account: String) async throws -> Int64 {
        try await database.read { tx in
            try tx.row(
                """
                SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) AS sum FROM postings WHERE account = \(account)
                """
            )?.int("sum") ?? 0
        }
    }

    /// What Stripe charged, and neither gave back nor lost to a dispute, by its own objects.
    public func chargedAtStripe() async throws -> Int64 {
        var sum: Int64 = 0
        var after = ""
        for dispute in try await listAtStripe("/v1/disputes") {
            for movement in dispute["balance_transactions"]?.array ?? [] { sum += movement["amount"]?.int ?? 0 }
        }
        while true {
            let page = try await atStripe("GET", "/v1/charges?limit=100" + after)
            for charge in page["data"]?.array ?? [] where charge["status"]?.string == "succeeded" {
                sum += (charge["amount"]?.int ?? 0) - (charge["amount_refunded"]?.int ?? 0)
            }
            guard page["has_more"]?.bool == true, let last = page["data"]?.array?.last?["id"]?.string else {
                return sum
            }
            after = "&starting_after=\(last)"
        }
    }

    /// Changes rows behind the application's back.
    public func alter(_ sql: SQL) async throws {
        try await database.write { tx in
            try tx.execute(sql)
            return ()
        }
    }

    /// Everything that a table holds, as text.
    public func text(of table: String) async throws -> String {
        try await database.read { tx in
            try tx.rows(SQL(unsafe: "SELECT * FROM \(table)")).map { "\($0)" }.joined(separator: "\n")
        }
    }

    /// How many rows a table has.
    public func count(_ table: StaticString, where condition: StaticString = "1 = 1") async throws -> Int64 {
        try await database.read { tx in
            try tx.row(SQL(unsafe: "SELECT COUNT(*) AS count FROM \(table) WHERE \(condition)"))?.int("count") ?? 0
        }
    }
}
