internal import Database
internal import Kernel

/// Refunds in the database, within a transaction that holds the order locked.
struct RefundRepository {
    let tx: Transaction

    private static let columns = """
        id, order_id, payment_id, amount_minor, currency, reason, state, idempotency_key, stripe_refund_id, \
        requested_by, created_at_ms
        """

    func insert(_ refund: Refund, requestKey: String? = nil) throws {
        try tx.send(
            """
            INSERT INTO refunds (id, order_id, payment_id, amount_minor, currency, reason, state, idempotency_key,
                request_key, stripe_refund_id, requested_by, created_at_ms, updated_at_ms)
            VALUES (\(refund.id), \(refund.orderID), \(refund.paymentID), \(refund.amount.amountMinor),
                \(refund.amount.currency), \(refund.reason), \(refund.state.rawValue), \(refund.idempotencyKey),
                \(requestKey), \(refund.stripeRefundID), \(refund.requestedBy), \(refund.createdAt), \(refund.createdAt))
            """)
    }

    func of(_ order: OrderID) throws -> [Refund] {
        try tx.rows("SELECT \(unsafe: Self.columns) FROM refunds WHERE order_id = \(order) ORDER BY id")
            .map(Refund.init)
    }

    /// The refund that a request made (``RequestContext/requestKey``).
    func find(requestKey: String) throws -> Refund? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM refunds WHERE request_key = \(requestKey)").map(Refund.init)
    }

    func find(_ id: String) throws -> Refund? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM refunds WHERE id = \(id)").map(Refund.init)
    }

    func find(stripeRefund id: String) throws -> Refund? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM refunds WHERE stripe_refund_id = \(id)").map(Refund.init)
    }

    func update(_ refund: Refund, at: Timestamp) throws {
        try tx.send(
            """
            UPDATE refunds SET state = \(refund.state.rawValue), stripe_refund_id = \(refund.stripeRefundID),
                updated_at_ms = \(at)
            WHERE id = \(refund.id)
            """)
    }

    /// Stripe definitely refused a submitted refund.
    func refused(_ id: String, code: String, at: Timestamp) throws {
        try tx.send(
            """
            UPDATE refunds SET state = 'refused', refusal_code = \(code), updated_at_ms = \(at)
            WHERE id = \(id) AND state = 'submitted'
            """)
    }
}

extension Refund {
    fileprivate init(_ row: Row) throws {
        guard let state = State(rawValue: try row.text("state")) else {
            throw DatabaseError.unexpectedColumn("state")
        }
        self.init(
            id: try row.text("id"), orderID: try row.id("order_id"), paymentID: try row.text("payment_id"),
            amount: Money(try row.int("amount_minor"), try row.currency("currency")), reason: try row.text("reason"),
            state: state, idempotencyKey: try row.textOrNil("idempotency_key"),
            stripeRefundID: try row.textOrNil("stripe_refund_id"), requestedBy: try row.text("requested_by"),
            createdAt: try row.time("created_at_ms"))
    }
}
