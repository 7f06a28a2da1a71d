public import JSON
public import Kernel

/// One try to collect one sum, with all its attempts.
public struct StripePaymentIntent: StripeObject {
    /// Its id.
    public let id: StripePaymentIntentID
    /// Where it stands.
    public let status: StripePaymentIntentStatus
    /// What is to be collected.
    public let amount: Money
    /// What has been collected.
    public let amountReceived: Money
    /// Whom it is for.
    public let customer: StripeCustomerID?
    /// What it is paid with; null again after a refusal.
    public let paymentMethod: StripePaymentMethodID?
    /// What we wrote onto it.
    public let metadata: [String: String]
    /// What lets a browser confirm it; absent from events' lists and for restricted keys.
    public let clientSecret: Secret?
    /// The newest attempt, successful or not.
    public let latestCharge: StripeChargeID?
    /// The newest attempt itself, when `latest_charge` was expanded.
    public let expandedLatestCharge: StripeCharge?
    /// Why the newest attempt was refused; null once one succeeded.
    public let lastPaymentError: StripePaymentError?
    /// What the customer must do while the status is `requiresAction`.
    public let nextAction: StripeNextAction?
    /// Why it was cancelled.
    public let cancellationReason: StripeCancellationReason?
    /// The invoice that it pays. Only API versions before 2025-03-31.basil say it: such an intent belongs to a
    /// subscription and not to an order (GEN-04).
    public let invoice: StripeInvoiceID?
    /// Whether it moves real money.
    public let livemode: Bool
    /// When it was created; whole seconds.
    public let created: Timestamp

    /// The currency of all its amounts.
    public var currency: Currency { amount.currency }

    /// Reads any version's shape.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "payment_intent")
        id = try reader.id()
        status = try reader.word("status")
        amount = try reader.money("amount")
        amountReceived = try reader.moneyOrZero("amount_received")
        customer = try reader.link("customer")
        paymentMethod = try reader.link("payment_method")
        metadata = try reader.metadata()
        clientSecret = try reader.secret("client_secret")
        latestCharge = try reader.link("latest_charge")
        expandedLatestCharge = try reader.expanded("latest_charge")
        lastPaymentError = try reader.value("last_payment_error").map(StripePaymentError.read)
        nextAction = try reader.value("next_action").map(StripeNextAction.read)
        cancellationReason = try reader.optionalWord("cancellation_reason")
        invoice = try reader.link("invoice")
        livemode = try reader.optionalBool("livemode") ?? false
        created = try reader.timestamp("created")
    }
}

/// Why an attempt to pay was refused. Show and log the codes; the message is written for the customer.
public struct StripePaymentError: Sendable, Equatable {
    /// `card_declined`, `payment_intent_authentication_failure` and others.
    public let code: String?
    /// The issuer's reason: `insufficient_funds`. Stripe asks to show lost, stolen and fraudulent as a plain refusal.
    public let declineCode: String?
    /// Stripe's advice: `try_again_later`, `do_not_try_again`, `confirm_card_data`.
    public let adviceCode: String?
    /// A sentence for the customer, in English.
    public let message: String?
    /// The attempt.
    public let charge: StripeChargeID?

    static func read(_ json: JSONValue) throws(StripeShapeError) -> StripePaymentError {
        let reader = try StripeReader(json, "last_payment_error")
        return StripePaymentError(
            code: try reader.optionalString("code"), declineCode: try reader.optionalString("decline_code"),
            adviceCode: try reader.optionalString("advice_code"), message: try reader.optionalString("message"),
            charge: try reader.link("charge"))
    }
}

/// What the customer must do next.
public struct StripeNextAction: Sendable, Equatable {
    /// `redirect_to_url`, `use_stripe_sdk` and others.
    public let type: String
    /// Where to send the customer, for `redirect_to_url`. Whoever has the address can act for the customer.
    public let redirectURL: Secret?

    static func read(_ json: JSONValue) throws(StripeShapeError) -> StripeNextAction {
        let reader = try StripeReader(json, "next_action")
        let url = reader.value("redirect_to_url")?["url"]?.string
        return StripeNextAction(type: try reader.string("type"), redirectURL: url.map { Secret($0) })
    }
}
