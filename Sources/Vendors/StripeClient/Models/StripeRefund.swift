public import JSON
public import Kernel

/// Money that goes back.
public struct StripeRefund: StripeObject {
    /// Its id.
    public let id: StripeRefundID
    /// The charge that is given back.
    public let charge: StripeChargeID?
    /// The intent of that charge.
    public let paymentIntent: StripePaymentIntentID?
    /// That intent itself, when `payment_intent` was expanded.
    public let expandedPaymentIntent: StripePaymentIntent?
    /// How much.
    public let amount: Money
    /// Where it stands; nil where Stripe does not say.
    public let status: StripeRefundStatus?
    /// Why it was asked for.
    public let reason: StripeRefundReason?
    /// Why it failed: `lost_or_stolen_card` and others.
    public let failureReason: String?
    /// What we wrote onto it.
    public let metadata: [String: String]
    /// When it was made; whole seconds.
    public let created: Timestamp

    /// Reads any version's shape.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "refund")
        id = try reader.id()
        charge = try reader.link("charge")
        paymentIntent = try reader.link("payment_intent")
        expandedPaymentIntent = try reader.expanded("payment_intent")
        amount = try reader.money("amount")
        status = try reader.optionalWord("status")
        reason = try reader.optionalWord("reason")
        failureReason = try reader.optionalString("failure_reason")
        metadata = try reader.metadata()
        created = try reader.timestamp("created")
    }
}

/// Where a refund stands.
public enum StripeRefundStatus: StripeWord {
    /// On its way.
    case pending
    /// Waits for the customer.
    case requiresAction
    /// Given back. It may still fail later.
    case succeeded
    /// Came back; the money is on our balance again.
    case failed
    /// Stopped.
    case canceled
    /// A status that this client does not know.
    case unknown(String)

    /// The statuses that this client knows.
    public static let known: [StripeRefundStatus] = [.pending, .requiresAction, .succeeded, .failed, .canceled]

    /// The word as Stripe spells it.
    public var word: String {
        switch self {
        case .pending: "pending"
        case .requiresAction: "requires_action"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .canceled: "canceled"
        case .unknown(let word): word
        }
    }
}

/// Why a refund was asked for. We may give the first three.
public enum StripeRefundReason: StripeWord {
    /// Paid twice.
    case duplicate
    /// Looked like fraud; Stripe then blocks the card.
    case fraudulent
    /// The customer asked for it.
    case requestedByCustomer
    /// An authorisation ran out before it was collected; Stripe's own.
    case expiredUncapturedCharge
    /// A reason that this client does not know.
    case unknown(String)

    /// The reasons that this client knows.
    public static let known: [StripeRefundReason] = [
        .duplicate, .fraudulent, .requestedByCustomer, .expiredUncapturedCharge,
    ]

    /// The word as Stripe spells it.
    public var word: String {
        switch self {
        case .duplicate: "duplicate"
        case .fraudulent: "fraudulent"
        case .requestedByCustomer: "requested_by_customer"
        case .expiredUncapturedCharge: "expired_uncaptured_charge"
        case .unknown(let word): word
        }
    }
}
