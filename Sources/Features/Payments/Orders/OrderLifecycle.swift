public import Kernel

/// What Stripe says of a payment that succeeded: from an event, or from reading the intent.
public struct PaymentFacts: Sendable, Equatable {
    /// The intent.
    public let paymentIntentID: String
    /// The charge that paid it, when known.
    public let chargeID: String?
    /// What was received.
    public let received: Money
    /// The customer at Stripe.
    public let customerID: String?
    /// The order that the intent names in its metadata.
    public let orderID: OrderID?
    /// The attempt that the intent names in its metadata.
    public let attempt: Int64?
    /// Whether the payment says that it was begun here, and not beside us, on Stripe's dashboard say.
    public let isOurs: Bool

    /// Facts of a succeeded intent.
    public init(
        paymentIntentID: String, chargeID: String?, received: Money, customerID: String?, orderID: OrderID?,
        attempt: Int64? = nil, isOurs: Bool = true
    ) {
        self.paymentIntentID = paymentIntentID
        self.chargeID = chargeID
        self.received = received
        self.customerID = customerID
        self.orderID = orderID
        self.attempt = attempt
        self.isOurs = isOurs
    }
}

/// What a person must look at.
public enum ReviewKind: String, Sendable, CaseIterable {
    /// Another amount arrived than the order's total.
    case amountMismatch = "amount_mismatch"
    /// Another currency.
    case currencyMismatch = "currency_mismatch"
    /// From another customer than the order's.
    case customerMismatch = "customer_mismatch"
    /// The intent names another order.
    case orderMismatch = "order_mismatch"
    /// Money for a canceled order: refund it.
    case paidAfterCancel = "paid_after_cancel"
    /// A second payment for a paid order: refund it.
    case duplicatePayment = "duplicate_payment"
    /// Money for an order that waits for a decision: refund it.
    case paidDuringReview = "paid_during_review"
    /// A refund came back after it had gone: return the money another way, or again.
    case refundFailed = "refund_failed"
}

/// What must be done when a payment succeeded, all in one transaction.
public enum PaymentEffect: Sendable, Equatable {
    /// Record the payment as the order's, mark the order paid, and fulfil it.
    case payAndFulfil
    /// Record the money as not applied to anything.
    case recordUnapplied
    /// Tell a person.
    case flag(ReviewKind)
    /// Keep the order out of every other path.
    case quarantine
}

/// The rules of an order's life, without any input or output.
public enum OrderLifecycle {
    /// What a succeeded payment means for an order. `known` says that this intent's money is recorded already.
    ///
    /// Laws 2, 4 and 7: one applied payment at most; what does not fit is never paid; money for a canceled order and
    /// money that comes twice is flagged for refund.
    public static func paymentSucceeded(
        _ facts: PaymentFacts, for order: Order, known: Bool
    ) -> [PaymentEffect] {
        if known { return [] }
        if let mismatch = mismatch(facts, with: order) {
            // A payment that was made in order stays what it is; only an open order is quarantined.
            let open = order.status.isOpen
            return [.recordUnapplied, .flag(mismatch)] + (open ? [.quarantine] : [])
        }
        switch order.status {
        case .pending, .awaitingPayment: return [.payAndFulfil]
        case .canceled: return [.recordUnapplied, .flag(.paidAfterCancel)]
        case .paid, .partiallyRefunded, .refunded: return [.recordUnapplied, .flag(.duplicatePayment)]
        case .needsReview: return [.recordUnapplied, .flag(.paidDuringReview)]
        }
    }

    /// The first thing in which a payment differs from its order: order, currency, customer, amount. The amount comes
    /// last, as an unpaid intent of which nothing else differs can be brought up to its order.
    public static func mismatch(_ facts: PaymentFacts, with order: Order) -> ReviewKind? {
        if facts.orderID != order.id { return .orderMismatch }
        if facts.received.currency != order.total.currency { return .currencyMismatch }
        if let expected = order.stripeCustomerID, facts.customerID != expected { return .customerMismatch }
        if facts.received.amountMinor != order.total.amountMinor { return .amountMismatch }
        return nil
    }

    /// Where a paid order stands when `refundedMinor` of it went back.
    public static func status(paid total: Money, refundedMinor: Int64) -> OrderStatus {
        if refundedMinor <= 0 { return .paid }
        return refundedMinor >= total.amountMinor ? .refunded : .partiallyRefunded
    }
}
