internal import Database
internal import Kernel

/// Money that Stripe received for an order: one row an intent, appended.
struct Payment: Sendable, Equatable {
    let id: String
    let orderID: OrderID
    let paymentIntentID: String
    let chargeID: String?
    let amount: Money
    /// Whether it paid the order; otherwise it is owed back.
    let applied: Bool
    let createdAt: Timestamp
}

/// Payments in the database, within a transaction.
struct PaymentRepository {
    let tx: Transaction

    private static let columns = """
        id, order_id, stripe_payment_intent_id, stripe_charge_id, amount_minor, currency, applied, created_at_ms
        """

    func insert(_ payment: Payment) throws {
        try tx.send(
            """
            INSERT INTO payments (id, order_id, stripe_payment_intent_id, stripe_charge_id, amount_minor, currency,
                applied, created_at_ms)
            VALUES (\(payment.id), \(payment.orderID), \(payment.paymentIntentID), \(payment.chargeID),
                \(payment.amount.amountMinor), \(payment.amount.currency), \(payment.applied), \(payment.createdAt))
            """)
    }

    func find(paymentIntent id: String) throws -> Payment? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM payments WHERE stripe_payment_intent_id = \(id)")
            .map(Payment.init)
    }

    /// A page of all payments with their orders' numbers, newest first: those before the id `cursor`.
    func page(before cursor: String?, limit: Int) throws -> [(payment: Payment, orderNumber: Int64)] {
        let last = cursor ?? "z"
        return try tx.rows(
            """
            SELECT \(unsafe: Self.columns), (SELECT number FROM orders o WHERE o.id = payments.order_id) AS order_number
            FROM payments WHERE id < \(last) ORDER BY id DESC LIMIT \(limit)
            """
        ).map { (payment: try Payment($0), orderNumber: try $0.int("order_number")) }
    }

    func of(_ order: OrderID) throws -> [Payment] {
        try tx.rows("SELECT \(unsafe: Self.columns) FROM payments WHERE order_id = \(order) ORDER BY id")
            .map(Payment.init)
    }
}

extension Payment {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.text("id"), orderID: try row.id("order_id"),
            paymentIntentID: try row.text("stripe_payment_intent_id"), chargeID: try row.textOrNil("stripe_charge_id"),
            amount: Money(try row.int("amount_minor"), try row.currency("currency")),
            applied: try row.bool("applied"), createdAt: try row.time("created_at_ms"))
    }
}
