public import Kernel

/// Money to be given back.
public struct CreateRefund: Sendable, Equatable {
    /// What is given back.
    public enum Target: Sendable, Equatable {
        /// The successful charge of an intent.
        case paymentIntent(StripePaymentIntentID)
        /// A charge.
        case charge(StripeChargeID)
    }

    /// What is given back.
    public var target: Target
    /// How much, in the payment's currency; nil for all that is left.
    public var amount: Money?
    /// Why.
    public var reason: StripeRefundReason?
    /// Up to 50 keys of 40 characters, values of 500.
    public var metadata: [String: String]

    /// A refund of these parts.
    public init(
        _ target: Target, amount: Money? = nil, reason: StripeRefundReason? = nil, metadata: [String: String] = [:]
    ) {
        self.target = target
        self.amount = amount
        self.reason = reason
        self.metadata = metadata
    }

    /// The currency is not sent: Stripe gives back in the charge's own, and takes the parameter only for other refunds.
    func form() throws(StripeError) -> StripeForm {
        var form = StripeForm()
        switch target {
        case .paymentIntent(let id): form.add("payment_intent", id)
        case .charge(let id): form.add("charge", id)
        }
        form.add("amount", amount?.amountMinor)
        form.add("reason", word: reason)
        try form.add(metadata: metadata)
        return form
    }
}

extension StripeClient {
    private static let refunds = "/v1/refunds"

    /// Gives money back. The answer may be `pending`, and a refund that succeeded may still fail later.
    public func createRefund(
        _ refund: CreateRefund, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeRefund> {
        try await perform(.post(Self.refunds, try refund.form(), key: key), StripeRefund.init)
    }

    /// Reads a refund.
    public func retrieveRefund(_ id: StripeRefundID) async throws(StripeError) -> Answer<StripeRefund> {
        try await perform(try .get(Self.refunds, id), StripeRefund.init)
    }

    /// Lists refunds, those of one intent or one charge when given; `expand` names fields to be sent whole, such as
    /// `data.payment_intent`.
    public func listRefunds(
        paymentIntent: StripePaymentIntentID? = nil, charge: StripeChargeID? = nil, created: StripeCreated? = nil,
        expand: [String] = [], page: StripePage<StripeRefund> = StripePage()
    ) async throws(StripeError) -> Answer<StripeList<StripeRefund>> {
        var form = StripeForm()
        form.add("payment_intent", paymentIntent)
        form.add("charge", charge)
        form.add(created: created)
        form.add("expand", list: expand)
        form.add(page: page)
        return try await perform(.get(Self.refunds, form), StripeList.init)
    }
}
