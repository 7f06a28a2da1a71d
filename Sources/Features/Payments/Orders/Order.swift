public import Kernel

/// An order's id.
public typealias OrderID = ID<Order>

/// What somebody is about to buy, buys, or bought; everything that is sold is one (the design's one idea).
///
/// ```
/// pending ──intent opened──▶ awaiting_payment ──paid──▶ paid ──▶ partially_refunded ──▶ refunded
///    │                            │    │                 ▲
///    │ canceled, expired          │    └── mismatch ──▶ needs_review ──resolved──▶ canceled
///    └──────────▶ canceled ◀──────┘
/// ```
/// A payment may arrive in `pending` too, when the event is faster than our own record of the intent.
public struct Order: Sendable, Equatable {
    /// Its id, a UUIDv7; the only name of it that goes to Stripe.
    public let id: OrderID
    /// Its number for people.
    public let number: Int64
    /// Which feature sold it, and so which ``Fulfilment`` delivers it.
    public let seller: String
    /// How it is paid.
    public let flow: PaymentFlow
    /// Whose it is; nil where buyers have no account.
    public let userID: String?
    /// What is charged (law 1).
    public let total: Money
    /// Where it stands.
    public var status: OrderStatus
    /// How many times a payment was begun: the attempt of the current intent.
    public var attempt: Int64
    /// The customer at Stripe that the intent was made for.
    public var stripeCustomerID: String?
    /// The current payment intent at Stripe.
    public var stripePaymentIntentID: String?
    /// How much of the payment went back, in minor units, 0 to the total.
    public var refundedMinor: Int64
    /// Whether the buyer's bank disputes the payment, or won a dispute.
    public var disputed: Bool
    /// When it was placed.
    public let createdAt: Timestamp
    /// When it is canceled if still unpaid.
    public let expiresAt: Timestamp
    /// Since when it is being canceled; from then on no payment is begun.
    public var cancelRequestedAt: Timestamp?
    /// When it was canceled.
    public var canceledAt: Timestamp?
    /// When it was paid, which is when it was fulfilled (law 4).
    public var paidAt: Timestamp?

    /// Whether a payment for it may be begun.
    public var isPayable: Bool {
        status.isOpen && cancelRequestedAt == nil
    }
}

/// How an order is paid at Stripe. The words are those of the database.
public enum PaymentFlow: String, Sendable, CaseIterable {
    /// By payment intents that the buyer's own page confirms; see ``OrderStatus/awaitingPayment``.
    case paymentIntent = "payment_intent"
    /// On one page of Stripe Checkout. The order stays `pending` until it is paid or canceled; how far the buyer has
    /// come is the page's state.
    case checkout
}

/// Where an order stands. The words are those of the wire and of the database.
public enum OrderStatus: String, Sendable, CaseIterable {
    /// Placed; nothing at Stripe yet.
    case pending
    /// A payment intent waits for the buyer.
    case awaitingPayment = "awaiting_payment"
    /// Paid and fulfilled.
    case paid
    /// A part went back.
    case partiallyRefunded = "partially_refunded"
    /// All went back.
    case refunded
    /// Given up unpaid.
    case canceled
    /// Money arrived that does not fit: a person decides (law 7).
    case needsReview = "needs_review"

    /// Whether it was paid, whatever came after.
    public var isPaid: Bool { self == .paid || self == .partiallyRefunded || self == .refunded }

    /// Whether it waits for its payment.
    public var isOpen: Bool { self == .pending || self == .awaitingPayment }
}

/// A line of an order, priced by the server.
public struct OrderLine: Sendable, Equatable {
    /// The seller's product.
    public let productID: String
    /// What it was called when it was ordered.
    public let description: String
    /// How many, 1 or more.
    public let quantity: Int64
    /// The price of one.
    public let unitAmount: Money
    /// The price of all.
    public let amount: Money

    /// A line. Throws `MoneyError.overflow`.
    public init(productID: String, description: String, quantity: Int64, unitAmount: Money) throws(MoneyError) {
        self.productID = productID
        self.description = description
        self.quantity = quantity
        self.unitAmount = unitAmount
        amount = try unitAmount.multiplied(by: quantity)
    }
}

/// How a caller names an order: a JSON number is the order's number, text is its id (GEN-10).
public enum OrderReference: Sendable, Hashable {
    /// By id.
    case id(OrderID)
    /// By number.
    case number(Int64)

    /// From a path or text; nil when it is neither a UUID nor a positive number.
    public init?(_ text: String) {
        if let id = OrderID(untrusted: text) {
            self = .id(id)
        } else if let number = Int64(text), number > 0, text.utf8.first != UInt8(ascii: "+") {
            self = .number(number)
        } else {
            return nil
        }
    }
}
