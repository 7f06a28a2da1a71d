internal import Database
internal import Kernel

/// One try to open a payment intent for an order: written before Stripe is called, resolved after (law 2).
///
/// `submitted` → `opened` (the intent exists) → `closed` (it was canceled), or `submitted` → `refused`.
/// A new attempt begins only when no other is submitted or opened; the schema holds that too.
struct PaymentAttempt: Sendable, Equatable {
    enum State: String, Sendable {
        /// Stripe was or is being called; the outcome is not known.
        case submitted
        /// The intent exists.
        case opened
        /// Stripe definitely refused to make it.
        case refused
        /// The intent was canceled; nothing can be paid with it.
        case closed
    }

    let orderID: OrderID
    let attempt: Int64
    let idempotencyKey: String
    let amount: Money
    let state: State
    let paymentIntentID: String?
    let submittedAt: Timestamp

    /// The key of law 2: order id and attempt.
    static func key(order: OrderID, attempt: Int64) -> String { "\(order.rawValue)-\(attempt)" }

    /// The key of the attempt's nth repair. Each has its own: under one that was used before, Stripe would
    /// repeat its old answer and change nothing.
    func repairKey(_ repair: Int64) -> String { "\(idempotencyKey)-repair-\(repair)" }
}

/// Attempts in the database, within a transaction that holds the order locked.
struct AttemptRepository {
    let tx: Transaction

    private static let columns = """
        order_id, attempt, idempotency_key, amount_minor, currency, state, stripe_payment_intent_id, submitted_at_ms
        """

    /// The attempt that is submitted or opened; there is at most one.
    func current(of order: OrderID) throws -> PaymentAttempt? {
        try tx.row(
            """
            SELECT \(unsafe: Self.columns) FROM payment_attempts
            WHERE order_id = \(order) AND state IN ('submitted', 'opened')
            """
        ).map(PaymentAttempt.init)
    }

    func insert(order: OrderID, attempt: Int64, amount: Money, at: Timestamp) throws -> PaymentAttempt {
        let fresh = PaymentAttempt(
            orderID: order, attempt: attempt, idempotencyKey: PaymentAttempt.key(order: order, attempt: attempt),
            amount: amount, state: .submitted, paymentIntentID: nil, submittedAt: at)
        try tx.send(
            """
            INSERT INTO payment_attempts (order_id, attempt, idempotency_key, amount_minor, currency, state,
                submitted_at_ms)
            VALUES (\(order), \(attempt), \(fresh.idempotencyKey), \(amount.amountMinor), \(amount.currency),
                \(fresh.state.rawValue), \(at))
            """)
        return fresh
    }

    /// The submitted attempt's intent exists. Changes nothing when no attempt is submitted.
    func opened(
        order: OrderID, attempt: Int64, paymentIntent: String, requestID: String?, at: Timestamp
    ) throws {
        try tx.send(
            """
            UPDATE payment_attempts SET state = 'opened', stripe_payment_intent_id = \(paymentIntent),
                stripe_request_id = \(requestID), resolved_at_ms = \(at)
            WHERE order_id = \(order) AND attempt = \(attempt) AND state = 'submitted'
            """)
    }

    /// Stripe definitely refused the submitted attempt.
    func refused(order: OrderID, attempt: Int64, code: String, at: Timestamp) throws {
        try tx.send(
            """
            UPDATE payment_attempts SET state = 'refused', refusal_code = \(code), resolved_at_ms = \(at)
            WHERE order_id = \(order) AND attempt = \(attempt) AND state = 'submitted'
            """)
    }

    /// The intent was canceled at Stripe. Returns whether that was news.
    @discardableResult
    func closed(order: OrderID, paymentIntent: String) throws -> Bool {
        try tx.execute(
            """
            UPDATE payment_attempts SET state = 'closed'
            WHERE order_id = \(order) AND stripe_payment_intent_id = \(paymentIntent) AND state = 'opened'
            """) == 1
    }

    /// Counts one more repair of the opened attempt's intent; returns which it is: 1, 2, ….
    func countRepair(order: OrderID, attempt: Int64) throws -> Int64 {
        let row = try tx.row(
            """
            UPDATE payment_attempts SET repairs = repairs + 1
            WHERE order_id = \(order) AND attempt = \(attempt) RETURNING repairs
            """)
        guard let row else { throw DatabaseError.unexpectedRowCount(0) }
        return try row.int("repairs")
    }
}

extension PaymentAttempt {
    fileprivate init(_ row: Row) throws {
        guard let state = State(rawValue: try row.text("state")) else {
            throw DatabaseError.unexpectedColumn("state")
        }
        self.init(
            orderID: try row.id("order_id"), attempt: try row.int("attempt"),
            idempotencyKey: try row.text("idempotency_key"),
            amount: Money(try row.int("amount_minor"), try row.currency("currency")), state: state,
            paymentIntentID: try row.textOrNil("stripe_payment_intent_id"),
            submittedAt: try row.time("submitted_at_ms"))
    }
}
