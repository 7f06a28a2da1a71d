extension StripeClient {
    private static let events = "/v1/events"

    /// Reads an event; Stripe keeps it for 30 days.
    public func retrieveEvent(_ id: StripeEventID) async throws(StripeError) -> Answer<StripeEvent> {
        try await perform(try .get(Self.events, id), StripeEvent.init)
    }

    /// Lists events of the last 30 days: of at most 20 types, which are whole names without `*`; of a span of time; or
    /// only those that all endpoints have (`true`) or have not (`false`) acknowledged.
    public func listEvents(
        types: [String] = [], created: StripeCreated? = nil, deliverySuccess: Bool? = nil,
        page: StripePage<StripeEvent> = StripePage()
    ) async throws(StripeError) -> Answer<StripeList<StripeEvent>> {
        guard types.count <= 20 else {
            throw .invalidRequest(StripeInvalidRequest(status: nil, code: "types_limit", param: "types"))
        }
        var form = StripeForm()
        form.add("types", list: types)
        form.add(created: created)
        form.add("delivery_success", deliverySuccess)
        form.add(page: page)
        return try await perform(.get(Self.events, form), StripeList.init)
    }
}
