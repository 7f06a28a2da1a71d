/// A webhook endpoint to be made.
public struct CreateWebhookEndpoint: Sendable, Equatable {
    /// Where events are sent; `https` in live mode.
    public var url: String
    /// The types of events; `*` for nearly all.
    public var enabledEvents: [String]
    /// Text for our own eyes.
    public var description: String?
    /// Up to 50 keys of 40 characters, values of 500.
    public var metadata: [String: String]

    /// An endpoint of these parts.
    public init(
        url: String, enabledEvents: [String], description: String? = nil, metadata: [String: String] = [:]
    ) {
        self.url = url
        self.enabledEvents = enabledEvents
        self.description = description
        self.metadata = metadata
    }
}

extension StripeClient {
    private static let endpoints = "/v1/webhook_endpoints"

    /// Makes a webhook endpoint whose events have the shape of our own pinned API version, which is fixed then.
    ///
    /// Only this answer carries the secret.
    public func createWebhookEndpoint(
        _ endpoint: CreateWebhookEndpoint, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeWebhookEndpoint> {
        var form = StripeForm()
        form.add("url", endpoint.url)
        form.add("enabled_events", list: endpoint.enabledEvents)
        form.add("api_version", configuration.apiVersion)
        form.add("description", endpoint.description)
        try form.add(metadata: endpoint.metadata)
        return try await perform(.post(Self.endpoints, form, key: key), StripeWebhookEndpoint.init)
    }

    /// Lists the account's webhook endpoints; at most 16 for each mode.
    public func listWebhookEndpoints(
        page: StripePage<StripeWebhookEndpoint> = StripePage(limit: 100)
    ) async throws(StripeError) -> Answer<StripeList<StripeWebhookEndpoint>> {
        var form = StripeForm()
        form.add(page: page)
        return try await perform(.get(Self.endpoints, form), StripeList.init)
    }

    /// Deletes a webhook endpoint and stops its deliveries. One that is gone already throws with
    /// `isResourceMissing`.
    public func deleteWebhookEndpoint(
        _ id: StripeWebhookEndpointID
    ) async throws(StripeError) -> Answer<StripeWebhookEndpointID> {
        try await perform(try .delete(Self.endpoints, id)) { json throws(StripeShapeError) in
            try StripeReader(json, "webhook_endpoint").id()
        }
    }
}
