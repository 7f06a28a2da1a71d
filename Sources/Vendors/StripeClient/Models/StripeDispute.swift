public import JSON
public import Kernel

/// A customer's bank takes a charge back, or asks about it.
public struct StripeDispute: StripeObject {
    /// Its id.
    public let id: StripeDisputeID
    /// The charge in dispute.
    public let charge: StripeChargeID
    /// The intent of that charge.
    public let paymentIntent: StripePaymentIntentID?
    /// That intent itself, when `payment_intent` was expanded.
    public let expandedPaymentIntent: StripePaymentIntent?
    /// Whether the money was taken from our balance.
    public let isWithdrawn: Bool
    /// Whether it was given back to our balance.
    public let isReinstated: Bool
    /// How much is disputed; may differ from the charge's amount.
    public let amount: Money
    /// The bank's reason: `fraudulent`, `product_not_received` and others.
    public let reason: String
    /// Where it stands.
    public let status: StripeDisputeStatus
    /// What we wrote onto it.
    public let metadata: [String: String]
    /// Whether real money is meant.
    public let livemode: Bool
    /// When it was opened; whole seconds.
    public let created: Timestamp

    /// Reads any version's shape.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "dispute")
        id = try reader.id()
        guard let charge: StripeChargeID = try reader.link("charge") else { throw reader.failure("charge", .missing) }
        self.charge = charge
        paymentIntent = try reader.link("payment_intent")
        expandedPaymentIntent = try reader.expanded("payment_intent")
        let movements = (reader.value("balance_transactions")?.array ?? []).compactMap { $0["amount"]?.int }
        isWithdrawn = movements.contains { $0 < 0 }
        isReinstated = movements.contains { $0 > 0 }
        amount = try reader.money("amount")
        reason = try reader.optionalString("reason") ?? "general"
        status = try reader.word("status")
        metadata = try reader.metadata()
        livemode = try reader.optionalBool("livemode") ?? false
        created = try reader.timestamp("created")
    }
}

/// Where a dispute stands. Those named `warning…` are questions: no money has moved.
public enum StripeDisputeStatus: StripeWord {
    /// A question; we must answer.
    case warningNeedsResponse
    /// A question; the bank looks at our answer.
    case warningUnderReview
    /// A question that led to nothing.
    case warningClosed
    /// The money is gone for now; we must answer.
    case needsResponse
    /// The bank looks at our evidence.
    case underReview
    /// Ours; the money came back.
    case won
    /// The customer's.
    case lost
    /// Settled before it became a dispute.
    case prevented
    /// Lost, and taken to the next instance; we must answer.
    case appealNeedsResponse
    /// Lost, and the next instance looks at our answer.
    case appealUnderReview
    /// A status that this client does not know.
    case unknown(String)

    /// The statuses that this client knows.
    public static let known: [StripeDisputeStatus] = [
        .warningNeedsResponse, .warningUnderReview, .warningClosed, .needsResponse, .underReview, .won, .lost,
        .prevented, .appealNeedsResponse, .appealUnderReview,
    ]

    /// The word as Stripe spells it.
    public var word: String {
        switch self {
        case .warningNeedsResponse: "warning_needs_response"
        case .warningUnderReview: "warning_under_review"
        case .warningClosed: "warning_closed"
        case .needsResponse: "needs_response"
        case .underReview: "under_review"
        case .won: "won"
        case .lost: "lost"
        case .prevented: "prevented"
        case .appealNeedsResponse: "appeal_needs_response"
        case .appealUnderReview: "appeal_under_review"
        case .unknown(let word): word
        }
    }
}
