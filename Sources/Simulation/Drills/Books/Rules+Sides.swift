internal import BookRules
private import Crypto
internal import Database
internal import JSON

extension Rules {
    /// What our rows and Stripe's objects must say together.
    public static let ofSides: [ComparedRule] = [
        ComparedRule("an order is charged at most once at Stripe") { books in
            let orders = books.charges.compactMap { books.order(of: $0) }
            return Dictionary(grouping: orders, by: \.self).filter { $0.value.count > 1 }.keys.sorted()
                .map { ("\($0) was charged more than once", $0) }
        },
        ComparedRule("every charge is one payment of ours, of the same order, amount and currency", charges),
        ComparedRule("refunds are the same on both sides, and one wish is one refund", refunds),
        ComparedRule("no refund is pending at Stripe for ever") { books in
            let ends = ["succeeded", "failed", "canceled"]
            return books.refunds.filter { !ends.contains($0["status"]?.string ?? "") }
                .map { ("\($0["id"]?.string ?? "") is \($0["status"]?.string ?? "nothing")", books.order(of: $0)) }
        },
        ComparedRule("a pass is delivered if and only if its one page is paid", pages),
        ComparedRule("a page sells what its order is about, for the order's sum", wares),
        ComparedRule("an order is paid by its own customer, and a device's by nobody's", customers),
        ComparedRule("what is over here cannot be paid at Stripe", closed),
        ComparedRule("nothing is charged for an order that was given up") { books in
            let given = Set(
                try await books.rows("SELECT id FROM orders WHERE canceled_at_ms IS NOT NULL").map { try $0.text("id") }
            )
            return books.charges.compactMap { charge in
                books.order(of: charge).flatMap { given.contains($0) ? ("\($0) is canceled and charged", $0) : nil }
            }
        },
        ComparedRule("journal, Stripe and what was delivered agree on the sum, currency by currency", sums),
        ComparedRule("every event that Stripe saw acknowledged is in the inbox, and no other than Stripe's are") {
            books in
            let inbox = try await Books.inbox(books.database)
            return try await Books.missing(books.acknowledged, in: books.database).map { ($0, nil) }
                + inbox.subtracting(books.events).sorted().map { ("\($0) is not Stripe's", nil) }
        },
        ComparedRule("every message was sent, and is shown once") { books in
            let keys = try await books.rows("SELECT dedupe_key FROM outbox").map { try $0.text("dedupe_key") }
            let files = Dictionary(keys.map { (Hex.encode(Digest.sha256(Array($0.utf8))) + ".eml", $0) }) { $1 }
            return files.filter { !books.mails.contains($0.key) }.values.sorted().map { ("\($0) was never sent", nil) }
                + books.mails.filter { files[$0] == nil }.sorted().map { ("\($0) was sent by nobody", nil) }
        },
    ]

    /// The third way to the sum reads no journal, and no order that was not delivered.
    private static func sums(_ books: Books) async throws -> [ComparedRule.Breach] {
        let given = books.refunds.filter { $0["status"] != "failed" && $0["status"] != "canceled" }
        var atStripe: [String: Int64] = [:]
        for (objects, sign) in [(books.charges, Int64(1)), (given, -1)] {
            for object in objects {
                atStripe[object["currency"]?.string ?? "", default: 0] += sign * (object["amount"]?.int ?? 0)
            }
        }
        let booked = try await books.sums(
            """
            SELECT currency, CAST(SUM(amount_minor) AS BIGINT) AS sum FROM postings WHERE account = 'stripe_balance'
            GROUP BY currency
            """)
        let delivered = try await books.sums(SQL(unsafe: BookRule.delivered))
        return Set(atStripe.keys).union(booked.keys).union(delivered.keys).sorted().compactMap { currency in
            let three = [booked, atStripe, delivered].map { $0[currency] ?? 0 }
            return Set(three).count == 1
                ? nil : ("\(currency): \(three[0]) booked, \(three[1]) at Stripe, \(three[2]) delivered or owed", nil)
        }
    }

    private static func charges(_ books: Books) async throws -> [ComparedRule.Breach] {
        var ours: [String: Row] = [:]
        var found: [ComparedRule.Breach] = []
        let rows = try await books.rows(
            "SELECT stripe_payment_intent_id AS intent, order_id, amount_minor, currency FROM payments ORDER BY id")
        for row in rows { ours[try row.text("intent")] = row }
        for charge in books.charges {
            let (intent, order) = (charge["payment_intent"]?.string ?? "", books.order(of: charge))
            guard let row = ours.removeValue(forKey: intent) else {
                found.append(("\(intent) is charged and not recorded, or twice charged", order))
                continue
            }
            if try row.text("order_id") != order { found.append(("\(intent) is recorded for another order", order)) }
            if try row.int("amount_minor") != charge["amount"]?.int
                || row.text("currency") != charge["currency"]?.string
            {
                found.append(("\(intent) is recorded with another amount", order))
            }
        }
        for (intent, row) in ours.sorted(by: { $0.key < $1.key }) {
            found.append(("\(intent) is recorded and was never charged", try row.text("order_id")))
        }
        return found
    }

    private static func refunds(_ books: Books) async throws -> [ComparedRule.Breach] {
        var found: [ComparedRule.Breach] = []
        var ours: [String: Row] = [:]
        let rows = try await books.rows(
            """
            SELECT r.stripe_refund_id AS id, r.order_id, r.amount_minor, r.currency, r.state,
                p.stripe_payment_intent_id AS intent
            FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.stripe_refund_id IS NOT NULL
            """)
        for row in rows { ours[try row.text("id")] = row }
        for refund in books.refunds {
            let id = refund["id"]?.string ?? ""
            guard let row = ours.removeValue(forKey: id) else {
                found.append(("\(id) over \(refund["amount"]?.int ?? 0) is not recorded", books.order(of: refund)))
                continue
            }
            if try row.int("amount_minor") != refund["amount"]?.int || row.text("state") != refund["status"]?.string {
                found.append(
                    (
                        "\(id) is \(try row.text("state")) here, \(refund["status"]?.string ?? "") at Stripe",
                        try row.text("order_id")
                    ))
            }
            if try row.text("intent") != refund["payment_intent"]?.string
                || row.text("currency") != refund["currency"]?.string
            {
                found.append(("\(id) is of another payment or currency here", try row.text("order_id")))
            }
        }
        for (id, row) in ours.sorted(by: { $0.key < $1.key }) {
            found.append(("\(id) is recorded and is not at Stripe", try row.text("order_id")))
        }
        let wishes = books.refunds.compactMap { refund in
            (refund["metadata"]?["refund_id"]?.string).map { ($0, books.order(of: refund)) }
        }
        for (wish, made) in Dictionary(grouping: wishes, by: \.0).sorted(by: { $0.key < $1.key }) where made.count > 1 {
            found.append(("refund \(wish) was made \(made.count) times", made[0].1))
        }
        return found
    }

    private static func pages(_ books: Books) async throws -> [ComparedRule.Breach] {
        let delivered = Set(
            try await books.rows("SELECT order_id FROM pass_purchases WHERE state = 'delivered'")
                .map { try $0.text("order_id") })
        let paid = books.sessions.filter { $0["payment_status"] == "paid" }.compactMap { books.order(of: $0) }
        return Dictionary(grouping: paid, by: \.self).filter { $0.value.count > 1 }.keys.sorted()
            .map { ("\($0) has several paid pages", $0) }
            + delivered.subtracting(paid).sorted().map { ("\($0) is delivered, and no page is paid", $0) }
            + Set(paid).subtracting(delivered).sorted().map { ("\($0) is paid and not delivered", $0) }
    }

    private static func wares(_ books: Books) async throws -> [ComparedRule.Breach] {
        var wanted: [String: (total: String, lines: [String])] = [:]
        let rows = try await books.rows(
            """
            SELECT o.id, o.total_minor, o.currency, l.description, l.quantity, l.unit_amount_minor
            FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.seller = 'passes' ORDER BY o.id, l.position
            """)
        for row in rows {
            let (order, currency) = (try row.text("id"), try row.text("currency"))
            let line = "\(try row.int("quantity")) × \(try row.text("description"))"
            let total = "\(try row.int("total_minor")) \(currency)"
            let price = try row.int("unit_amount_minor")
            wanted[order, default: (total, [])].lines.append("\(line) at \(price) \(currency)")
        }
        var found: [ComparedRule.Breach] = []
        for session in books.sessions {
            let (id, order) = (session["id"]?.string ?? "", books.order(of: session))
            guard let order, let known = wanted[order], session["client_reference_id"]?.string == order else {
                found.append(("\(id) is a page of no order", order))
                continue
            }
            let total = "\(session["amount_total"]?.int ?? 0) \(session["currency"]?.string ?? "")"
            if total != known.total { found.append(("\(id) costs \(total), its order \(known.total)", order)) }
            let lines = (books.items[id] ?? []).map { item in
                "\(item["quantity"]?.int ?? 0) × \(item["description"]?.string ?? "") at "
                    + "\(item["price"]?["unit_amount"]?.int ?? 0) \(item["price"]?["currency"]?.string ?? "")"
            }
            if lines.sorted() != known.lines.sorted() {
                found.append(("\(id) sells \(lines), its order is about \(known.lines)", order))
            }
        }
        return found
    }

    /// A device has no account, and its order no customer. Every other order has one, as nobody pays here beside us.
    private static func customers(_ books: Books) async throws -> [ComparedRule.Breach] {
        var ours: [String: (order: String, customer: String?, isDevices: Bool)] = [:]
        let rows = try await books.rows(
            """
            SELECT p.stripe_payment_intent_id AS intent, o.id, o.stripe_customer_id AS customer, o.user_id
            FROM payments p JOIN orders o ON o.id = p.order_id
            """)
        for row in rows {
            ours[try row.text("intent")] = (
                try row.text("id"), try row.textOrNil("customer"), try row.textOrNil("user_id") == nil
            )
        }
        return books.charges.compactMap { charge in
            guard let known = ours[charge["payment_intent"]?.string ?? ""] else { return nil }
            let payer = charge["customer"]?.string
            return payer == known.customer && (payer == nil) == known.isDevices
                ? nil : ("\(payer ?? "nobody") paid for \(known.customer ?? "nobody")", known.order)
        }
    }

    private static func closed(_ books: Books) async throws -> [ComparedRule.Breach] {
        let over = Set(
            try await books.rows("SELECT id FROM orders WHERE status NOT IN ('pending', 'awaiting_payment')")
                .map { try $0.text("id") })
        let open =
            books.intents.filter { ($0["status"]?.string ?? "").hasPrefix("requires_") }
            + books.sessions.filter { $0["status"] == "open" }
        return open.compactMap { object in
            guard let order = books.order(of: object), over.contains(order) else { return nil }
            return ("\(object["id"]?.string ?? "") can still be paid", order)
        }
    }
}

extension Books {
    /// The ids of the events in the inbox.
    static func inbox(_ database: any Database) async throws -> Set<String> {
        let rows = try await database.read { tx in
            try tx.rows("SELECT stripe_event_id AS id FROM webhook_events", rowsMax: 200_000)
        }
        return Set(try rows.map { try $0.text("id") })
    }

    /// Events that were acknowledged and are not in the inbox.
    static func missing(_ acknowledged: Set<String>, in database: any Database) async throws -> [String] {
        acknowledged.subtracting(try await inbox(database)).sorted().map { "\($0) was acknowledged and is not there" }
    }

    func sum(_ sql: SQL) async throws -> Int64 { try await rows(sql).first?.int("sum") ?? 0 }

    /// A `sum` for each `currency`.
    func sums(_ sql: SQL) async throws -> [String: Int64] {
        var sums: [String: Int64] = [:]
        for row in try await rows(sql) { sums[try row.text("currency")] = try row.int("sum") }
        return sums
    }
}
