internal import Database

extension Rules {
    /// What clients were told must still be so, and who waited must have been served.
    public static let ofPromises: [ComparedRule] = [
        ComparedRule("what an answer promised is there") { books in
            var found: [ComparedRule.Breach] = []
            for fact in books.memory.facts {
                if try await !books.holds(fact) { found.append(("\(fact)", fact.order)) }
            }
            return found
        },
        ComparedRule("there are no more orders and refunds than were wished for") { books in
            let orders = try await books.sum("SELECT COUNT(*) AS sum FROM orders WHERE seller = 'shop'")
            let passes = try await books.sum("SELECT COUNT(*) AS sum FROM orders WHERE seller = 'passes'")
            let refunds = try await books.sum("SELECT COUNT(*) AS sum FROM refunds")
            var found: [ComparedRule.Breach] = []
            if orders > books.memory.orderWishes {
                found.append(("\(orders) orders of \(books.memory.orderWishes) wishes", nil))
            }
            if passes > books.memory.passWishes {
                found.append(("\(passes) passes of \(books.memory.passWishes) wishes", nil))
            }
            if refunds > books.memory.refundWishes {
                found.append(("\(refunds) refunds of \(books.memory.refundWishes) wishes", nil))
            }
            return found
        },
        ComparedRule("every patient client was served") { books in books.memory.unserved.map { ($0, nil) } },
    ]
}

extension Memory.Fact {
    /// The order that it is about, where it names one.
    var order: String? {
        switch self {
        case .ordered(let order, _), .opened(let order, _, _), .canceled(let order), .paid(let order),
            .refunded(_, let order, _):
            order
        case .registered, .begun, .confirmed, .charged, .paidPage: nil
        }
    }
}

extension Books {
    /// Whether what a client was told is true.
    func holds(_ fact: Memory.Fact) async throws -> Bool {
        let query: SQL
        switch fact {
        case .registered(let email):
            query = "SELECT 1 AS one FROM users WHERE email = \(email)"
        case .ordered(let order, let total):
            query = "SELECT 1 AS one FROM orders WHERE id = \(order) AND total_minor = \(total)"
        case .opened(let order, let intent, let amount):
            query = """
                SELECT 1 AS one FROM payment_attempts WHERE order_id = \(order) AND amount_minor = \(amount)
                    AND stripe_payment_intent_id = \(intent)
                """
        case .canceled(let order):
            query = "SELECT 1 AS one FROM orders WHERE id = \(order) AND status = 'canceled'"
        case .paid(let order):
            query = "SELECT 1 AS one FROM orders WHERE id = \(order) AND paid_at_ms IS NOT NULL"
        case .refunded(let refund, let order, let amount):
            query = """
                SELECT 1 AS one FROM refunds WHERE id = \(refund) AND order_id = \(order) AND amount_minor = \(amount)
                    AND state = 'succeeded'
                """
        case .begun(let reference, let session, let price):
            query = """
                SELECT 1 AS one FROM orders o JOIN checkout_sessions s ON s.order_id = o.id
                WHERE o.number = \(reference) AND o.total_minor = \(price)
                    AND s.stripe_checkout_session_id = \(session)
                """
        case .confirmed(let reference, let device, let product):
            query = """
                SELECT 1 AS one FROM orders o JOIN pass_purchases p ON p.order_id = o.id
                WHERE o.number = \(reference) AND p.device_id = \(device) AND p.product_type = \(product)
                    AND p.state = 'delivered'
                """
        case .charged(let intent):
            query = "SELECT 1 AS one FROM payments WHERE stripe_payment_intent_id = \(intent)"
        case .paidPage(let session):
            query = """
                SELECT 1 AS one FROM checkout_sessions
                WHERE stripe_checkout_session_id = \(session) AND state = 'paid'
                """
        }
        return try await !rows(query).isEmpty
    }
}
