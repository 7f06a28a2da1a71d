public import JSON
public import Kernel

/// A visit to Stripe's hosted payment page: what is sold there, and how far the customer has come.
public struct StripeCheckoutSession: StripeObject {
    /// Its id.
    public let id: StripeCheckoutSessionID
    /// Whether the page still takes payments.
    public let status: StripeCheckoutStatus?
    /// Whether the money is there. A complete session may be unpaid: delayed methods pay days later.
    public let paymentStatus: StripeCheckoutPaymentStatus
    /// What is collected; nil in modes that collect nothing.
    public let amountTotal: Money?
    /// The page; nil once the session is complete or expired. Whoever has it may pay.
    public let url: String?
    /// Our name of the order.
    public let clientReferenceID: String?
    /// What we wrote onto it. Stripe does not copy it to the intent.
    public let metadata: [String: String]
    /// The intent that collects; nil until the customer first tries to pay, in newer API versions.
    public let paymentIntent: StripePaymentIntentID?
    /// The intent itself, when it was asked for by `expand`.
    public let expandedPaymentIntent: StripePaymentIntent?
    /// Whom it is for, when Stripe made or knows a customer.
    public let customer: StripeCustomerID?
    /// Whether it moves real money.
    public let livemode: Bool
    /// When it was created; whole seconds.
    public let created: Timestamp
    /// When it expires by itself; whole seconds, 30 minutes to 24 hours after its creation.
    public let expiresAt: Timestamp

    /// Reads any version's shape.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "checkout.session")
        id = try reader.id()
        status = try reader.optionalWord("status")
        paymentStatus = try reader.word("payment_status")
        amountTotal = try reader.value("amount_total") == nil ? nil : reader.money("amount_total")
        url = try reader.optionalString("url")
        clientReferenceID = try reader.optionalString("client_reference_id")
        metadata = try reader.metadata()
        paymentIntent = try reader.link("payment_intent")
        expandedPaymentIntent = try reader.expanded("payment_intent")
        customer = try reader.link("customer")
        livemode = try reader.optionalBool("livemode") ?? false
        created = try reader.timestamp("created")
        expiresAt = try reader.timestamp("expires_at")
    }
}

/// Whether a payment page still takes payments.
public enum StripeCheckoutStatus: StripeWord {
    /// It waits for the customer; refused cards leave it so.
    case open
    /// The customer is done; final.
    case complete
    /// Its time is over; final.
    case expired
    /// A status that this client does not know.
    case unknown(String)

    /// The statuses that this client knows.
    public static let known: [StripeCheckoutStatus] = [.open, .complete, .expired]

    /// The word as Stripe spells it.
    public var word: String {
        switch self {
        case .open: "open"
        case .complete: "complete"
        case .expired: "expired"
        case .unknown(let word): word
        }
    }
}

/// Whether the money of a payment page is there.
public enum StripeCheckoutPaymentStatus: StripeWord {
    /// It is not, or not yet.
    case unpaid
    /// It is.
    case paid
    /// Nothing was due.
    case noPaymentRequired
    /// A status that this client does not know.
    case unknown(String)

    /// The statuses that this client knows.
    public static let known: [StripeCheckoutPaymentStatus] = [.unpaid, .paid, .noPaymentRequired]

    /// The word as Stripe spells it.
    public var word: String {
        switch self {
        case .unpaid: "unpaid"
        case .paid: "paid"
        case .noPaymentRequired: "no_payment_required"
        case .unknown(let word): word
        }
    }
}
