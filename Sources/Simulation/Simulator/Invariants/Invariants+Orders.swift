internal import Database
internal import JSON

extension Invariants {
    /// Orders and their money, whoever sold them, beside Stripe.
    static let ofOrders: [any Invariant] = [
        ComparedInvariant("an order has one page of ours, and it sells what the order is about", pages),
        ComparedInvariant("every charge is one payment of ours, of the same order and amount", charges),
        ComparedInvariant("an order is paid by its own customer, and by nobody's where it has none", payers),
        ComparedInvariant("a user has one customer at Stripe", customers),
        ComparedInvariant("an order is charged by us once at Stripe", chargedOnce),
        ComparedInvariant("refunds are the same on both sides", refunds),
        ComparedInvariant("no refund is pending at Stripe for ever") { books in
            let ends = ["succeeded", "failed", "canceled"]
            return books.refunds.filter { !ends.contains($0["status"]?.string ?? "") }
                .map { "\($0["id"]?.string ?? "") is \($0["status"]?.string ?? "nothing")" }
        },
        ComparedInvariant("a dispute stands as Stripe says") { books in
            var ours: [String: String] = [:]
            for row in try await books.rows("SELECT stripe_dispute_id AS id, status FROM disputes") {
                ours[try row.text("id")] = try row.text("status")
            }
            return books.disputes.compactMap { dispute in
                let id = dispute["id"]?.string ?? ""
                return ours[id] == dispute["status"]?.string
                    ? nil : "\(id) is \(ours[id] ?? "unknown") here and \(dispute["status"]?.string ?? "") at Stripe"
            }
        },
        ComparedInvariant("what is over here can not be paid at Stripe", closed),
        ComparedInvariant("nothing is charged for an order after it was given up", notAfterCancel),
        ComparedInvariant("there are no more orders than wishes", tooManyOrders),
        ComparedInvariant("an order has no more refunds of ours than were wished for", tooManyRefunds),
    ]

    private static func tooManyRefunds(_ books: Books) async throws -> [String] {
        // The others were made on Stripe's own dashboard.
        let rows = try await books.rows(
            """
            SELECT order_id, COUNT(*) AS count FROM refunds WHERE requested_by <> 'stripe'
            GROUP BY order_id ORDER BY order_id
            """)
        return try rows.compactMap { row in
            let (order, made) = (try row.text("order_id"), try row.int("count"))
            // One that is sent twice with one key is one wish.
            let wishes = Set(books.world.memory.facts("refund wishes of \(order)")).count
            return Int(made) > wishes ? "\(made) refunds of \(wishes) wishes, of \(order)" : nil
        }
    }

    private static func tooManyOrders(_ books: Books) async throws -> [String] {
        // Who wishes for something of a seller notes it under the seller's name.
        let rows = try await books.rows("SELECT seller, COUNT(*) AS count FROM orders GROUP BY seller ORDER BY seller")
        return try rows.compactMap { row in
            let (seller, placed) = (try row.text("seller"), try row.int("count"))
            let wishes = books.world.memory.facts("wishes of \(seller)").count
            return Int(placed) > wishes ? "\(placed) orders of \(wishes) wishes, sold by \(seller)" : nil
        }
    }

    /// Whether somebody took the money beside us.
    static func isBeside(_ charge: JSONValue, _ books: Books) -> Bool {
        books.intents.first { $0["id"] == charge["payment_intent"] }.map(DashboardPayment.made) ?? false
    }

    private static func order(of object: JSONValue, _ books: Books) -> String? {
        if let id = object["metadata"]?["order_id"]?.string { return id }
        let intent = object["payment_intent"]?.string ?? object["id"]?.string
        return books.intents.first { $0["id"]?.string == intent }?["metadata"]?["order_id"]?.string
    }

    private static func charges(_ books: Books) async throws -> [String] {
        var faults: [String] = []
        let rows = try await books.rows(
            """
            SELECT p.stripe_payment_intent_id AS intent, p.order_id, p.amount_minor, p.currency
            FROM payments p ORDER BY p.id
            """)
        var ours: [String: Row] = [:]
        for row in rows {
            let intent = try row.text("intent")
            if ours.updateValue(row, forKey: intent) != nil { faults.append("\(intent) is recorded twice") }
        }
        for charge in books.charges {
            let intent = charge["payment_intent"]?.string ?? ""
            // Nobody else sells on this account.
            guard let order = order(of: charge, books) else {
                faults.append("\(intent) charged \(charge["amount"]?.int ?? 0) for no order")
                continue
            }
            guard let row = ours.removeValue(forKey: intent) else {
                faults.append("\(intent) charged \(charge["amount"]?.int ?? 0) for \(order) and is not recorded")
                continue
            }
            if try row.text("order_id") != order { faults.append("\(intent) is recorded for another order") }
            if try row.int("amount_minor") != charge["amount"]?.int
                || row.text("currency") != charge["currency"]?.string
            {
                faults.append("\(intent) is recorded with another amount")
            }
        }
        for intent in ours.keys.sorted() { faults.append("\(intent) is recorded and was never charged") }
        return faults
    }

    private static func chargedOnce(_ books: Books) async throws -> [String] {
        let orders = books.charges.filter { !isBeside($0, books) }.compactMap { order(of: $0, books) }
        return Dictionary(grouping: orders, by: \.self).filter { $0.value.count > 1 }
            .keys.sorted().map { "\($0) was charged more than once" }
    }

    private static func refunds(_ books: Books) async throws -> [String] {
        var faults: [String] = []
        var ours: [String: Row] = [:]
        let rows = try await books.rows(
            """
            SELECT r.stripe_refund_id AS id, r.amount_minor, r.currency, r.state, p.stripe_payment_intent_id AS intent
            FROM refunds r JOIN payments p ON p.id = r.payment_id
            """)
        for row in rows {
            guard let id = try row.textOrNil("id") else { continue }
            if ours.updateValue(row, forKey: id) != nil { faults.append("\(id) is recorded twice") }
        }
        for refund in books.refunds {
            let id = refund["id"]?.string ?? ""
            guard let row = ours.removeValue(forKey: id) else {
                faults.append("\(id) over \(refund["amount"]?.int ?? 0) is not recorded")
                continue
            }
            if try row.int("amount_minor") != refund["amount"]?.int { faults.append("\(id) has another amount") }
            if try row.text("currency") != refund["currency"]?.string { faults.append("\(id) has another currency") }
            if try row.text("intent") != refund["payment_intent"]?.string {
                faults.append("\(id) is of \(try row.text("intent")) here")
            }
            if try row.text("state") != refund["status"]?.string {
                faults.append("\(id) is \(try row.text("state")) here and \(refund["status"]?.string ?? "") at Stripe")
            }
        }
        for id in ours.keys.sorted() { faults.append("\(id) is recorded and is not at Stripe") }
        let wishes = books.refunds.filter { $0["status"] != "failed" }.compactMap {
            $0["metadata"]?["refund_id"]?.string
        }
        for (wish, made) in Dictionary(grouping: wishes, by: \.self).sorted(by: { $0.key < $1.key })
        where made.count > 1 {
            faults.append("refund \(wish) was made \(made.count) times")
        }
        return faults
    }

    private static func closed(_ books: Books) async throws -> [String] {
        var faults: [String] = []
        let over = Set(
            try await books.rows("SELECT id FROM orders WHERE status NOT IN ('pending', 'awaiting_payment')")
                .map { try $0.text("id") })
        for intent in books.intents where (intent["status"]?.string ?? "").hasPrefix("requires_") {
            guard let order = intent["metadata"]?["order_id"]?.string, over.contains(order) else { continue }
            if DashboardPayment.made(intent) { continue }
            faults.append("\(intent["id"]?.string ?? "") can still be paid for \(order)")
        }
        for session in books.sessions where session["status"] == "open" {
            guard let order = session["metadata"]?["order_id"]?.string ?? session["client_reference_id"]?.string,
                over.contains(order)
            else { continue }
            faults.append("the page \(session["id"]?.string ?? "") can still be paid for \(order)")
        }
        return faults
    }

    private static func notAfterCancel(_ books: Books) async throws -> [String] {
        var canceled: [String: Int64] = [:]
        for row in try await books.rows("SELECT id, canceled_at_ms FROM orders WHERE canceled_at_ms IS NOT NULL") {
            canceled[try row.text("id")] = try row.int("canceled_at_ms")
        }
        return books.charges.filter { !isBeside($0, books) }.compactMap { charge in
            guard let order = order(of: charge, books), let at = canceled[order],
                let created = charge["created"]?.int, created * 1000 > at
            else { return nil }
            return "\(order) was charged after it was canceled"
        }
    }
}
