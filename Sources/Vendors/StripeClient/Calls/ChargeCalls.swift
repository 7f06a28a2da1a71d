extension StripeClient {
    private static let charges = "/v1/charges"

    /// Reads a charge.
    public func retrieveCharge(_ id: StripeChargeID) async throws(StripeError) -> Answer<StripeCharge> {
        try await perform(try .get(Self.charges, id), StripeCharge.init)
    }

    /// Lists charges, the attempts at one intent when it is given.
    public func listCharges(
        paymentIntent: StripePaymentIntentID? = nil, created: StripeCreated? = nil,
        page: StripePage<StripeCharge> = StripePage()
    ) async throws(StripeError) -> Answer<StripeList<StripeCharge>> {
        var form = StripeForm()
        form.add("payment_intent", paymentIntent)
        form.add(created: created)
        form.add(page: page)
        return try await perform(.get(Self.charges, form), StripeList.init)
    }

    /// Reads a dispute.
    public func retrieveDispute(_ id: StripeDisputeID) async throws(StripeError) -> Answer<StripeDispute> {
        try await perform(try .get("/v1/disputes", id), StripeDispute.init)
    }

    /// Lists disputes, those of one intent when it is given; `expand` names fields to be sent whole, such as
    /// `data.payment_intent`.
    public func listDisputes(
        paymentIntent: StripePaymentIntentID? = nil, created: StripeCreated? = nil, expand: [String] = [],
        page: StripePage<StripeDispute> = StripePage()
    ) async throws(StripeError) -> Answer<StripeList<StripeDispute>> {
        var form = StripeForm()
        form.add("payment_intent", paymentIntent)
        form.add(created: created)
        form.add("expand", list: expand)
        form.add(page: page)
        return try await perform(.get("/v1/disputes", form), StripeList.init)
    }
}
