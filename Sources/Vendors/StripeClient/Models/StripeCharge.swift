public import JSON
public import Kernel

/// One attempt to collect money, successful or not.
public struct StripeCharge: StripeObject {
    /// Its id.
    public let id: StripeChargeID
    /// How it went.
    public let status: StripeChargeStatus
    /// What was to be collected.
    public let amount: Money
    /// Whether it was collected, and not only authorised.
    public let captured: Bool
    /// What was collected; less than ``amount`` after a capture in part, nothing before a capture.
    public let amountCaptured: Money
    /// What has been given back so far.
    public let amountRefunded: Money
    /// Whether all of it was given back; false after a part.
    public let refunded: Bool
    /// Whether the customer's bank disputes it.
    public let disputed: Bool
    /// The intent that it is an attempt of.
    public let paymentIntent: StripePaymentIntentID?
    /// Whom it was for.
    public let customer: StripeCustomerID?
    /// Why it failed.
    public let failureCode: String?
    /// Stripe's page with the receipt.
    public let receiptURL: String?
    /// What we wrote onto it; copied from the intent when the charge was made.
    public let metadata: [String: String]
    /// The invoice that it pays; only API versions before 2025-03-31.basil say it (GEN-04).
    public let invoice: StripeInvoiceID?
    /// Whether it moved real money.
    public let livemode: Bool
    /// When it was made; whole seconds.
    public let created: Timestamp

    /// Reads any version's shape.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "charge")
        id = try reader.id()
        status = try reader.word("status")
        amount = try reader.money("amount")
        captured = try reader.optionalBool("captured") ?? true
        // Versions before 2020-08-27 do not say how much.
        amountCaptured =
            try reader.optionalInt("amount_captured") == nil && captured
            ? amount : reader.moneyOrZero("amount_captured")
        amountRefunded = try reader.moneyOrZero("amount_refunded")
        refunded = try reader.optionalBool("refunded") ?? false
        disputed = try reader.optionalBool("disputed") ?? false
        paymentIntent = try reader.link("payment_intent")
        customer = try reader.link("customer")
        failureCode = try reader.optionalString("failure_code")
        receiptURL = try reader.optionalString("receipt_url")
        metadata = try reader.metadata()
        invoice = try reader.link("invoice")
        livemode = try reader.optionalBool("livemode") ?? false
        created = try reader.timestamp("created")
    }
}

/// How a charge went.
public enum StripeChargeStatus: StripeWord {
    /// Collected.
    case succeeded
    /// On its way.
    case pending
    /// Refused.
    case failed
    /// A status that this client does not know.
    case unknown(String)

    /// The statuses that this client knows.
    public static let known: [StripeChargeStatus] = [.succeeded, .pending, .failed]

    /// The word as Stripe spells it.
    public var word: String {
        switch self {
        case .succeeded: "succeeded"
        case .pending: "pending"
        case .failed: "failed"
        case .unknown(let word): word
        }
    }
}
