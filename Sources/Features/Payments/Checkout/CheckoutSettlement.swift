internal import Database
internal import JSON
internal import Jobs
internal import Kernel
internal import StripeClient

/// Applies what Stripe says of an order's page, whether an event or a read-back brought it (laws 4 and 6): money always
/// counts, and everything else only while the order is unpaid.
struct CheckoutSettlement: Sendable {
    let settlement: Settlement
    let fulfilments: Fulfilments
    let history: OrderHistory
    let queue: JobQueue
    let clock: any WallClock

    /// How much longer an order waits for money that comes later, before Stripe is asked again.
    static let patience = Duration.seconds(24 * 3600)

    /// Applies a page's state to its order, which this transaction holds locked. `failed` says that the money that was
    /// to come later will not come.
    func apply(
        _ session: StripeCheckoutSession, failed: Bool, to order: Order, cause: Cause, in tx: Transaction, notes: Notes
    ) throws -> CheckoutVerdict {
        let pages = CheckoutRepository(tx: tx)
        // A page that somebody made beside us, and that names our order, is never taken for ours.
        if session.isOurs {
            try pages.opened(
                order: order.id, session: session.id.rawValue, url: session.url, expiresAt: session.expiresAt,
                requestID: nil, at: clock.now())
        }
        let isOwn = try pages.find(order: order.id)?.stripeID == session.id.rawValue
        if session.paymentStatus == .paid, let facts = session.paidFacts {
            _ = try settlement.apply(facts, to: order, cause: cause, in: tx, notes: notes)
            if isOwn { try pages.moved(order.id, to: .paid, at: clock.now()) }
        } else if !isOwn {
            // Another page that names our order says nothing about ours; only its money would count.
        } else if order.status == .pending {
            switch session.status {
            case .complete where failed: try close(order, session, as: .failed, cause: cause, in: tx)
            case .complete: try wait(order, cause: cause, in: tx)
            case .expired: try close(order, session, as: .expired, cause: cause, in: tx)
            case .open, .unknown, nil: break
            }
        } else if session.status == .expired {
            try pages.moved(order.id, to: .expired, at: clock.now())
        } else if failed {
            try pages.moved(order.id, to: .failed, at: clock.now())
            // The order was paid otherwise or is a person's meanwhile: what is left of its page must not be paid (law 2).
            if let intent = session.paymentIntent, session.expandedPaymentIntent?.status != .canceled {
                try CancelIntent.enqueue(intent.rawValue, of: order.id, on: queue, in: tx)
            }
        }
        let now = try OrderRepository(tx: tx).find(.id(order.id)) ?? order
        if now.status == .needsReview { return .needsReview }
        if now.status == .canceled {
            // Money for a canceled order is a person's to give back; once that is decided it is over.
            let isOpen = try !ReviewRepository(tx: tx).openKinds(of: order.id).isEmpty
            return session.paymentStatus == .paid && isOpen ? .needsReview : .closed
        }
        if now.status.isPaid { return .paid }
        return isOwn && session.status == .complete ? .processing : .open
    }

    /// The buyer has done their part: the order waits, and a wish to cancel it is dropped, so that the outcome decides.
    private func wait(_ order: Order, cause: Cause, in tx: Transaction) throws {
        if order.cancelRequestedAt != nil {
            let stored = order
            var order = order
            order.cancelRequestedAt = nil
            try OrderRepository(tx: tx).update(order, from: stored)
        }
        try OrderRepository(tx: tx).extend(order.id, until: clock.now().adding(Self.patience))
        guard try CheckoutRepository(tx: tx).moved(order.id, to: .processing, at: clock.now()) else { return }
        try history.append("checkout_processing", of: order.id, cause: cause, in: tx)
    }

    private func close(
        _ order: Order, _ session: StripeCheckoutSession, as state: CheckoutSession.State, cause: Cause,
        in tx: Transaction
    ) throws {
        try CheckoutRepository(tx: tx).moved(order.id, to: state, at: clock.now())
        try history.append(
            state == .failed ? "checkout_failed" : "checkout_expired", of: order.id, cause: cause,
            ["checkout_session": .string(session.id.rawValue)], in: tx)
        // What the buyer began is over at Stripe too, and cannot be taken up again.
        if let intent = session.paymentIntent {
            try CancelIntent.enqueue(intent.rawValue, of: order.id, on: queue, in: tx)
        }
        var order = order
        try CancellationService.close(
            &order, at: clock.now(), fulfilments: fulfilments, history: history, cause: cause, in: tx)
    }
}

extension StripeCheckoutSession {
    /// What a paid page says of its payment; nil when it does not tell what was collected. The order is the one that
    /// both of our marks name: if they differ, it is nobody's.
    var paidFacts: PaymentFacts? {
        guard let amountTotal, let paymentIntent else { return nil }
        if let intent = expandedPaymentIntent, intent.status == .succeeded { return intent.succeededFacts }
        return PaymentFacts(
            paymentIntentID: paymentIntent.rawValue, chargeID: nil, received: amountTotal,
            customerID: customer?.rawValue, orderID: markedOrder, attempt: 1, isOurs: isOurs)
    }

    /// Whether the page says that it was made here.
    var isOurs: Bool { Installation.marks(metadata) }

    /// What the page would collect, to compare it with its order before anybody pays.
    var claimedFacts: PaymentFacts? {
        amountTotal.map {
            PaymentFacts(
                paymentIntentID: id.rawValue, chargeID: nil, received: $0, customerID: customer?.rawValue,
                orderID: markedOrder)
        }
    }

    private var markedOrder: OrderID? {
        guard let reference = clientReferenceID, metadata["order_id"] == reference else { return nil }
        return OrderID(untrusted: reference)
    }

    /// Whether the money that was to come later will not come.
    var hasFailed: Bool {
        guard status == .complete, paymentStatus == .unpaid, let intent = expandedPaymentIntent else { return false }
        return intent.status == .requiresPaymentMethod || intent.status == .canceled
    }
}
