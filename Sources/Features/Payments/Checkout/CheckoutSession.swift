public import Database
public import Kernel

/// The page of Stripe Checkout on which an order is paid: written before Stripe is called, resolved after (law 2). An
/// order has one at most; who wants to pay after it is over orders again.
///
/// ```
/// submitted ──made──▶ open ──paid at once──▶ paid
///     │                │ └──pays later──▶ processing ──paid──▶ paid
///     └▶ refused       └▶ expired              └▶ failed
/// ```
public struct CheckoutSession: Sendable, Equatable {
    /// How far it has come. The words are those of the database.
    public enum State: String, Sendable, CaseIterable {
        /// Stripe was or is being called; the outcome is not known. Nobody has the page's address, so nobody can pay.
        case submitted
        /// The buyer may pay on it.
        case open
        /// The buyer has finished, and the money comes later, as from a convenience store.
        case processing
        /// The money is there.
        case paid
        /// Its time was over, or it was given up.
        case expired
        /// The money that was to come later did not come.
        case failed
        /// Stripe definitely refused to make it.
        case refused

        /// Whether money may still come by it.
        public var isUnderWay: Bool { self == .submitted || self == .open || self == .processing }
    }

    /// The order that it is for.
    public let orderID: OrderID
    /// The key of law 2: order id and attempt.
    let idempotencyKey: String
    /// How far it has come.
    public let state: State
    /// The session at Stripe, `cs_…`; nil while it is not known.
    public let stripeID: String?
    /// The page. Whoever has the address may pay for the order.
    public let url: Secret?
    /// What its seller wants of it.
    public let terms: CheckoutTerms
    /// When the page closes.
    public let pageExpiresAt: Timestamp
    /// When Stripe was first asked for it.
    let submittedAt: Timestamp
    /// Since when the money is there and could not be delivered; nil when all is well.
    public let undeliveredAt: Timestamp?
}

/// What a seller wants of a payment page.
public struct CheckoutTerms: Sendable, Equatable {
    /// How long the page takes payments: Stripe's bounds are 30 minutes to 24 hours.
    public var lifetime: Duration
    /// The page's language, `ja`, `en`; nil for the browser's.
    public var locale: String?
    /// The only means of payment that are offered, by Stripe's words; empty for those of the account's settings.
    public var paymentMethodTypes: [String]

    /// Terms of these parts.
    public init(lifetime: Duration, locale: String? = nil, paymentMethodTypes: [String] = []) {
        self.lifetime = lifetime
        self.locale = locale
        self.paymentMethodTypes = paymentMethodTypes
    }
}

/// Where the buyer comes out of a payment page.
public struct CheckoutAddresses: Sendable {
    /// After paying; may carry what proves the purchase. `{CHECKOUT_SESSION_ID}` in it is replaced by Stripe.
    public let success: Secret
    /// Without paying.
    public let cancel: String

    /// Addresses that the configuration allows.
    public init(success: Secret, cancel: String) {
        self.success = success
        self.cancel = cancel
    }
}

/// A seller cannot make the addresses of an order again, as what they are made with has changed: the page is looked for at
/// Stripe, and given up when it is not there.
public struct CheckoutAddressesLost: Error {
    /// Lost.
    public init() {}
}

/// A seller whose orders are paid on pages of Stripe Checkout.
public protocol CheckoutSeller: Fulfilment {
    /// Where the buyer of an order comes out. The same order has the same addresses always, as the call that makes the
    /// page may have to be repeated word for word (law 3). Throws ``CheckoutAddressesLost`` when they cannot be had again.
    func addresses(of order: Order, in tx: Transaction) throws -> CheckoutAddresses
}

/// What Stripe says of an order's page.
public enum CheckoutVerdict: Sendable, Equatable {
    /// The order is paid and fulfilled.
    case paid
    /// The buyer has finished, and the money comes later.
    case processing
    /// The buyer has not paid yet, and may.
    case open
    /// Nothing was paid, and nothing will be: the order is canceled.
    case closed
    /// Money came that does not fit; a person decides (law 7).
    case needsReview
}
