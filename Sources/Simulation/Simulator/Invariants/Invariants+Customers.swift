internal import Database
internal import JSON
internal import Kernel

extension Invariants {
    /// Whose money paid. An order without a customer is one of two: nobody's, as devices have no account, and then our own page
    /// asked for no customer either; or one of which Stripe was never asked for an intent, and which somebody paid beside us before.
    static func payers(_ books: Books) async throws -> [String] {
        let rows = try await books.rows(
            """
            SELECT p.stripe_payment_intent_id AS intent, p.applied, o.stripe_customer_id AS customer, o.user_id,
                (SELECT COUNT(*) FROM payment_attempts a WHERE a.order_id = o.id) AS attempts
            FROM payments p JOIN orders o ON o.id = p.order_id ORDER BY p.id
            """)
        var charges: [String: JSONValue] = [:]
        for charge in books.charges { charges[charge["payment_intent"]?.string ?? ""] = charge }
        return try rows.compactMap { row in
            let intent = try row.text("intent")
            guard let charge = charges[intent] else { return nil }
            let (payer, isBeside) = (charge["customer"]?.string, isBeside(charge, books))
            guard let customer = try row.textOrNil("customer") else {
                if try row.textOrNil("user_id") == nil {
                    return isBeside || payer == nil ? nil : "\(intent) of a device was paid by \(payer ?? "")"
                }
                let attempts = try row.int("attempts")
                return isBeside && attempts == 0
                    ? nil : "\(intent) was paid for an order of a user without a customer, after \(attempts) attempts"
            }
            // What was taken beside us from somebody else pays no order, and a person looks at it.
            if isBeside, try !row.bool("applied") { return nil }
            return payer == customer ? nil : "\(intent) was paid by \(payer ?? "nobody") for \(customer)"
        }
    }

    /// Also when the answer that told of it was lost, and when the user's registration and payment made it at once.
    static func customers(_ books: Books) async throws -> [String] {
        var atStripe: [String: [String]] = [:]
        for customer in await books.world.list("/v1/customers") {
            // Others were made by hand.
            guard let user = customer["metadata"]?["kessai_user_id"]?.string else { continue }
            atStripe[user, default: []].append(customer["id"]?.string ?? "")
        }
        var faults: [String] = []
        let rows = try await books.rows(
            """
            SELECT u.id, u.created_at_ms, c.stripe_customer_id AS customer FROM users u
            LEFT JOIN stripe_customers c ON c.user_id = u.id ORDER BY u.id
            """)
        for row in rows {
            let (user, known) = (try row.text("id"), try row.textOrNil("customer"))
            let made = atStripe.removeValue(forKey: user) ?? []
            if made.count > 1 { faults.append("\(user) has the customers \(made)") }
            if let known, !made.contains(known) {
                faults.append("\(user) has the customer \(known), and Stripe \(made)")
            }
            // With the other settings a job makes it as soon as somebody registers.
            if known == nil, books.world.isVaried, try row.int("created_at_ms") >= books.world.beganAt.epochMs {
                faults.append("\(user) registered and has no customer")
            }
        }
        for user in atStripe.keys.sorted() { faults.append("there is a customer of \(user), who is not there") }
        return faults
    }
}
