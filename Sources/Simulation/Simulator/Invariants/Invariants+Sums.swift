internal import BookRules
internal import Database
internal import JSON

extension Invariants {
    /// Three ways to one sum: what the journal says that Stripe holds; Stripe's charges, refunds and disputes; and what was
    /// delivered, less what was given back of it and what banks took, and the money that pays nothing. The third way reads
    /// no journal.
    static func sums(_ books: Books) async throws -> [String] {
        var atStripe: [String: Int64] = [:]
        for charge in books.charges {
            let left = (charge["amount"]?.int ?? 0) - (charge["amount_refunded"]?.int ?? 0)
            atStripe[charge["currency"]?.string ?? "", default: 0] += left
        }
        for dispute in books.disputes {
            for movement in dispute["balance_transactions"]?.array ?? [] {
                atStripe[movement["currency"]?.string ?? "", default: 0] += movement["amount"]?.int ?? 0
            }
        }
        let booked = try await byCurrency(
            "SELECT currency, SUM(amount_minor) AS sum FROM postings WHERE account = 'stripe_balance' GROUP BY currency",
            books)
        let delivered = try await byCurrency(SQL(unsafe: BookRule.delivered), books)
        let currencies = Set(atStripe.keys).union(booked.keys).union(delivered.keys)
        return currencies.sorted().compactMap { currency in
            let three = [booked, atStripe, delivered].map { $0[currency] ?? 0 }
            return Set(three).count == 1
                ? nil : "\(currency): \(three[0]) booked, \(three[1]) at Stripe, \(three[2]) delivered or owed"
        }
    }

    private static func byCurrency(_ sql: SQL, _ books: Books) async throws -> [String: Int64] {
        var sums: [String: Int64] = [:]
        for row in try await books.rows(sql) { sums[try row.text("currency")] = try row.int("sum") }
        return sums
    }

    /// Mails are counted by what they say, as their keys are unique however many there are.
    static func receipts(_ books: Books) async throws -> [String] {
        let texts = books.world.mailbox.mails.filter { $0.key.hasPrefix("shop.receipt:") }.map(\.value.text)
        let rows = try await books.rows(
            """
            SELECT o.number, o.total_minor FROM shop_deliveries d JOIN orders o ON o.id = d.order_id ORDER BY o.number
            """)
        var faults: [String] = []
        for row in rows {
            let number = try row.int("number")
            let count = texts.filter { $0.contains("Order: \(number)\n") }.count
            if count != 1 { faults.append("order \(number) has \(count) receipts") }
        }
        if texts.count != rows.count { faults.append("\(texts.count) receipts for \(rows.count) deliveries") }
        return faults
    }
}
