public import Kernel

/// A payment page to be made, for one payment (`mode=payment`) at prices that we name (law 1).
public struct CreateCheckoutSession: Sendable, Equatable {
    /// A line of the page.
    public struct Item: Sendable, Equatable {
        /// What the customer reads.
        public var name: String
        /// The price of one.
        public var unitAmount: Money
        /// How many, 1 or more.
        public var quantity: Int64

        /// A line of these parts.
        public init(name: String, unitAmount: Money, quantity: Int64) {
            self.name = name
            self.unitAmount = unitAmount
            self.quantity = quantity
        }
    }

    /// What is sold; one currency.
    public var items: [Item]
    /// Where the customer comes out after paying; `{CHECKOUT_SESSION_ID}` in it is replaced by Stripe.
    public var successURL: Secret
    /// Where the customer goes who does not want to pay.
    public var cancelURL: String
    /// Our name of the order, at most 200 characters.
    public var clientReferenceID: String
    /// Written onto the session and onto its intent, which Stripe does not copy: up to 50 keys of 40 characters, values
    /// of 500.
    public var metadata: [String: String]
    /// When the page closes, 30 minutes to 24 hours ahead; nil for Stripe's 24 hours.
    public var expiresAt: Timestamp?
    /// The page's language, `ja`, `en`; nil for the browser's.
    public var locale: String?
    /// The only means of payment that are offered; empty for those of the account's settings. From API version
    /// 2026-09-30.endive on.
    public var allowedPaymentMethodTypes: [String]

    /// A page of these parts.
    public init(
        items: [Item], successURL: Secret, cancelURL: String, clientReferenceID: String,
        metadata: [String: String] = [:], expiresAt: Timestamp? = nil, locale: String? = nil,
        allowedPaymentMethodTypes: [String] = []
    ) {
        self.items = items
        self.successURL = successURL
        self.cancelURL = cancelURL
        self.clientReferenceID = clientReferenceID
        self.metadata = metadata
        self.expiresAt = expiresAt
        self.locale = locale
        self.allowedPaymentMethodTypes = allowedPaymentMethodTypes
    }

    func form() throws(StripeError) -> StripeForm {
        var form = StripeForm()
        form.add("mode", "payment")
        for (index, item) in items.enumerated() {
            let line = "line_items[\(index)]"
            form.add("\(line)[quantity]", item.quantity)
            form.add("\(line)[price_data][currency]", item.unitAmount.currency.code)
            form.add("\(line)[price_data][unit_amount]", item.unitAmount.amountMinor)
            form.add("\(line)[price_data][product_data][name]", item.name)
        }
        form.add("success_url", successURL.reveal())
        form.add("cancel_url", cancelURL)
        form.add("client_reference_id", clientReferenceID)
        form.add("expires_at", seconds: expiresAt)
        form.add("locale", locale)
        form.add("allowed_payment_method_types", list: allowedPaymentMethodTypes)
        try form.add(metadata: metadata)
        try form.add(metadata: metadata, under: "payment_intent_data")
        return form
    }
}

extension StripeClient {
    private static let sessions = "/v1/checkout/sessions"

    /// Makes a payment page. Nobody can pay on it before they have its `url`.
    public func createCheckoutSession(
        _ session: CreateCheckoutSession, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCheckoutSession> {
        try await perform(.post(Self.sessions, try session.form(), key: key), StripeCheckoutSession.init)
    }

    /// Reads a payment page; `expand` names fields to be sent whole, such as `payment_intent`.
    public func retrieveCheckoutSession(
        _ id: StripeCheckoutSessionID, expand: [String] = []
    ) async throws(StripeError) -> Answer<StripeCheckoutSession> {
        var form = StripeForm()
        form.add("expand", list: expand)
        return try await perform(try .get(Self.sessions, id, form), StripeCheckoutSession.init)
    }

    /// Closes an open payment page, so that nobody can pay on it any more. One that is complete or expired throws
    /// `StripeError.invalidRequest`: read it to know which.
    public func expireCheckoutSession(
        _ id: StripeCheckoutSessionID, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCheckoutSession> {
        try await perform(
            try .post(Self.sessions, id, action: "expire", StripeForm(), key: key), StripeCheckoutSession.init)
    }

    /// Lists payment pages, newest first: of one intent, of one status, of one span of time when given.
    public func listCheckoutSessions(
        paymentIntent: StripePaymentIntentID? = nil, status: StripeCheckoutStatus? = nil,
        created: StripeCreated? = nil, page: StripePage<StripeCheckoutSession> = StripePage()
    ) async throws(StripeError) -> Answer<StripeList<StripeCheckoutSession>> {
        var form = StripeForm()
        form.add("payment_intent", paymentIntent)
        form.add("status", word: status)
        form.add(created: created)
        form.add(page: page)
        return try await perform(.get(Self.sessions, form), StripeList.init)
    }
}
