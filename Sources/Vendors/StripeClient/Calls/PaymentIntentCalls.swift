extension StripeClient {
    private static let intents = "/v1/payment_intents"

    /// Makes a payment intent, and pays it at once when asked to.
    ///
    /// A refusal throws `StripeError.card`; the intent exists then too, and is named in it.
    public func createPaymentIntent(
        _ intent: CreatePaymentIntent, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        try await perform(.post(Self.intents, try intent.form(), key: key), StripePaymentIntent.init)
    }

    /// Reads a payment intent; `expand` names fields to be sent whole, such as `latest_charge`.
    public func retrievePaymentIntent(
        _ id: StripePaymentIntentID, expand: [String] = []
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        var form = StripeForm()
        form.add("expand", list: expand)
        return try await perform(try .get(Self.intents, id, form), StripePaymentIntent.init)
    }

    /// Changes a payment intent that is not paid yet.
    public func updatePaymentIntent(
        _ id: StripePaymentIntentID, _ change: UpdatePaymentIntent, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        try await perform(try .post(Self.intents, id, try change.form(), key: key), StripePaymentIntent.init)
    }

    /// Pays. An answer may still be `requiresAction` or `processing`; a refusal throws `StripeError.card`, and an
    /// intent that is paid already `StripeError.invalidRequest` with the intent as it stands.
    public func confirmPaymentIntent(
        _ id: StripePaymentIntentID, _ confirmation: ConfirmPaymentIntent = ConfirmPaymentIntent(),
        key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        try await perform(
            try .post(Self.intents, id, action: "confirm", confirmation.form(), key: key), StripePaymentIntent.init)
    }

    /// Gives an intent up, so that nobody can pay it any more. One that is paid already throws
    /// `StripeError.invalidRequest` with the intent as it stands.
    public func cancelPaymentIntent(
        _ id: StripePaymentIntentID, reason: StripeCancellationReason? = nil, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        var form = StripeForm()
        form.add("cancellation_reason", word: reason)
        return try await perform(
            try .post(Self.intents, id, action: "cancel", form, key: key), StripePaymentIntent.init)
    }

    /// Lists payment intents, those of one customer or of one span of time when given.
    public func listPaymentIntents(
        customer: StripeCustomerID? = nil, created: StripeCreated? = nil,
        page: StripePage<StripePaymentIntent> = StripePage()
    ) async throws(StripeError) -> Answer<StripeList<StripePaymentIntent>> {
        var form = StripeForm()
        form.add("customer", customer)
        form.add(created: created)
        form.add(page: page)
        return try await perform(.get(Self.intents, form), StripeList.init)
    }

    /// Finds payment intents by one metadata value. Stripe's search lags behind writes by up to a minute, so finding
    /// nothing is no proof that nothing was paid (S0-IDEM-13).
    public func searchPaymentIntents(
        metadata key: String, equals value: String, limit: Int = 10
    ) async throws(StripeError) -> Answer<[StripePaymentIntent]> {
        try await perform(.get("\(Self.intents)/search", .search(metadata: key, value, limit)), StripeList.elements)
    }
}
