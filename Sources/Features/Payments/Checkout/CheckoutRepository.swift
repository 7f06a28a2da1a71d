internal import Database
internal import Kernel

/// Payment pages in the database, within a transaction that holds their order locked.
struct CheckoutRepository {
    let tx: Transaction

    private static let columns = """
        order_id, idempotency_key, state, stripe_checkout_session_id, url, locale, payment_method_types, \
        page_lifetime_ms, page_expires_at_ms, submitted_at_ms, undelivered_at_ms
        """

    /// Writes down that a page is about to be made.
    func insert(order: OrderID, terms: CheckoutTerms, at now: Timestamp) throws {
        let expires = Timestamp(epochSeconds: now.adding(terms.lifetime).epochSeconds)
        try tx.send(
            """
            INSERT INTO checkout_sessions (order_id, idempotency_key, state, locale, payment_method_types,
                page_lifetime_ms, page_expires_at_ms, submitted_at_ms)
            VALUES (\(order), \(PaymentAttempt.key(order: order, attempt: 1)), 'submitted', \(terms.locale),
                \(terms.paymentMethodTypes.joined(separator: ",")), \(terms.lifetime.milliseconds), \(expires),
                \(now))
            """)
    }

    /// The page of an order.
    func find(order: OrderID) throws -> CheckoutSession? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM checkout_sessions WHERE order_id = \(order)")
            .map(CheckoutSession.init)
    }

    /// The order whose page this is.
    func orderID(ofSession id: String) throws -> OrderID? {
        try tx.row("SELECT order_id FROM checkout_sessions WHERE stripe_checkout_session_id = \(id)")?
            .id("order_id")
    }

    /// The submitted page exists. Changes nothing when it is known already.
    func opened(
        order: OrderID, session: String, url: String?, expiresAt: Timestamp, requestID: String?, at now: Timestamp
    ) throws {
        try tx.send(
            """
            UPDATE checkout_sessions SET state = 'open', stripe_checkout_session_id = \(session), url = \(url),
                page_expires_at_ms = \(expiresAt), stripe_request_id = \(requestID), resolved_at_ms = \(now)
            WHERE order_id = \(order) AND state = 'submitted'
            """)
    }

    /// A page under way has come further. Returns whether that is news; what is over stays as it is, but for money that
    /// comes all the same.
    @discardableResult
    func moved(_ order: OrderID, to state: CheckoutSession.State, code: String? = nil, at now: Timestamp) throws -> Bool
    {
        let late = state == .paid ? ", 'expired', 'failed', 'refused'" : ""
        return try tx.execute(
            """
            UPDATE checkout_sessions SET state = \(state.rawValue), refusal_code = \(code), resolved_at_ms = \(now)
            WHERE order_id = \(order) AND state <> \(state.rawValue)
                AND state IN ('submitted', 'open', 'processing'\(unsafe: late))
            """) == 1
    }

    /// The money is there and could not be delivered, since `at` for the first time.
    func undelivered(_ order: OrderID, at: Timestamp) throws {
        try tx.send(
            """
            UPDATE checkout_sessions SET undelivered_at_ms = COALESCE(undelivered_at_ms, \(at))
            WHERE order_id = \(order)
            """)
    }

    /// The money is there and delivered.
    func delivered(_ order: OrderID) throws {
        try tx.send("UPDATE checkout_sessions SET undelivered_at_ms = NULL WHERE order_id = \(order)")
    }
}

extension CheckoutSession {
    fileprivate init(_ row: Row) throws {
        guard let state = State(rawValue: try row.text("state")) else {
            throw DatabaseError.unexpectedColumn("state")
        }
        self.init(
            orderID: try row.id("order_id"), idempotencyKey: try row.text("idempotency_key"), state: state,
            stripeID: try row.textOrNil("stripe_checkout_session_id"),
            url: try row.textOrNil("url").map { Secret($0) },
            terms: CheckoutTerms(
                lifetime: .milliseconds(try row.int("page_lifetime_ms")), locale: try row.textOrNil("locale"),
                paymentMethodTypes: try row.text("payment_method_types").split(separator: ",").map { String($0) }),
            pageExpiresAt: try row.time("page_expires_at_ms"), submittedAt: try row.time("submitted_at_ms"),
            undeliveredAt: try row.timeOrNil("undelivered_at_ms"))
    }
}
