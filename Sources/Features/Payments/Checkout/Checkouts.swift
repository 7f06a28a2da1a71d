public import Database
internal import JSON
internal import Jobs
public import Kernel
internal import StripeClient

/// How features sell on pages of Stripe Checkout: a page is begun in the transaction that places the order, opened at
/// Stripe outside of any, and settled by whoever hears first that it is paid: the buyer's confirmation, an event, or a
/// reading.
public struct Checkouts: Sendable {
    let database: any Database
    let stripe: any StripeService
    let settlement: CheckoutSettlement
    let installation: Installation
    let clock: any WallClock
    let log: Log

    var history: OrderHistory { settlement.history }
    var fulfilments: Fulfilments { settlement.fulfilments }

    /// A page that the buyer can be sent to.
    public struct Page: Sendable {
        /// The session at Stripe, `cs_…`.
        public let sessionID: String
        /// Where to send the buyer. Whoever has it may pay.
        public let url: Secret
        /// When it closes.
        public let expiresAt: Timestamp
    }

    /// Writes down, in the transaction that places the order, that a page is to be made for it.
    public func begin(_ order: Order, _ terms: CheckoutTerms, cause: Cause, in tx: Transaction) throws {
        try CheckoutRepository(tx: tx).insert(order: order.id, terms: terms, at: clock.now())
        try history.append(
            "checkout_submitted", of: order.id, cause: cause,
            ["idempotency_key": .string(PaymentAttempt.key(order: order.id, attempt: 1))], in: tx)
    }

    /// The page of an order, nil when its seller sells without.
    public func session(of order: OrderID, in tx: Transaction) throws -> CheckoutSession? {
        try CheckoutRepository(tx: tx).find(order: order)
    }

    /// Opens the page at Stripe, or finds it open. A repeat returns the same page.
    ///
    /// Throws `PaymentError.pageNotOpened`: repeatable when Stripe gave no certain answer; otherwise the order is
    /// canceled. Throws `PaymentError.orderNotPending` when the page is over.
    public func page(of id: OrderID, cause: Cause) async throws -> Page {
        let (order, session) = try await find(id)
        if session.state == .submitted { try await create(session, of: order, cause: cause) }
        let opened = try await find(id)
        guard opened.session.state == .open, opened.order.isPayable, let stripeID = opened.session.stripeID,
            let url = opened.session.url
        else { throw PaymentError.orderNotPending(opened.order.status) }
        return Page(sessionID: stripeID, url: url, expiresAt: opened.session.pageExpiresAt)
    }

    /// Asks Stripe whether the order is paid, and applies the answer. A repeat is harmless.
    ///
    /// Throws `PaymentError.pageNotOpened` when Stripe cannot be asked, and `PaymentError.deliveryPending` when the
    /// order is paid and could not be delivered: it is remembered and tried again.
    public func verify(_ id: OrderID, cause: Cause) async throws -> CheckoutVerdict {
        var (order, session) = try await find(id)
        if order.status.isPaid { return .paid }
        if session.state == .submitted {
            try await create(session, of: order, cause: cause)
            session = try await find(id).session
        }
        guard let stripeID = session.stripeID else { return .closed }
        return try await apply(try await reading(StripeCheckoutSessionID(stripeID)), to: order, cause: cause)
    }

    /// The page as it is at Stripe. Throws `PaymentError.pageNotOpened`.
    func reading(_ id: StripeCheckoutSessionID) async throws -> StripeCheckoutSession {
        do throws(StripeError) {
            return try await stripe.retrieveCheckoutSession(id)
        } catch {
            throw PaymentError.pageNotOpened(
                code: error.isResourceMissing ? "page_missing_at_stripe" : error.code,
                repeatable: !error.isResourceMissing)
        }
    }

    /// Applies what was read. Fulfilment may fail for reasons of its own; then the buyer must not be told that nothing
    /// was paid.
    func apply(_ read: StripeCheckoutSession, to order: Order, cause: Cause) async throws -> CheckoutVerdict {
        do {
            return try await database.write(loggingTo: log) { [settlement] tx, notes in
                guard let order = try OrderRepository(tx: tx).lock(.id(order.id)) else {
                    throw PaymentError.orderNotFound
                }
                return try settlement.apply(
                    read, failed: read.hasFailed, to: order, cause: cause, in: tx, notes: notes)
            }
        } catch let error as DatabaseError where !error.isOfTheStatement {
            throw error
        } catch let error as PaymentError {
            throw error
        } catch  where read.paymentStatus == .paid {
            try await remember(order, error: error, cause: cause)
            throw PaymentError.deliveryPending(reference: order.number)
        }
    }

    /// The compensation of S4-CONF-09: what is paid and not delivered is written down and tried again by a job.
    private func remember(_ order: Order, error: any Error, cause: Cause) async throws {
        log.error(
            "delivery_failed",
            ["order_id": .string(order.id.rawValue), "error": .string(String(describing: error))])
        let now = clock.now()
        try await database.write { [history, settlement] tx in
            guard try OrderRepository(tx: tx).lock(.id(order.id)) != nil else { return }
            let pages = CheckoutRepository(tx: tx)
            guard try pages.find(order: order.id)?.undeliveredAt == nil else { return }
            try pages.undelivered(order.id, at: now)
            try history.append("delivery_failed", of: order.id, cause: cause, in: tx)
            try VerifyCheckout.enqueue(order.id, on: settlement.queue, in: tx)
        }
    }

    func find(_ id: OrderID) async throws -> (order: Order, session: CheckoutSession) {
        try await database.read { tx in
            guard let order = try OrderRepository(tx: tx).find(.id(id)),
                let session = try CheckoutRepository(tx: tx).find(order: id)
            else { throw PaymentError.orderNotFound }
            return (order, session)
        }
    }
}
