import JSON
import Kernel

extension SandboxState {
    /// The secret is told here and never again.
    mutating func createWebhookEndpoint(_ call: Call) throws(StripeError) -> JSONValue {
        let parameters = call.parameters
        guard webhookEndpoints.count < WebhookEndpoint.countMax else {
            throw .invalidRequest("You have reached the maximum of \(WebhookEndpoint.countMax) webhook endpoints.")
        }
        let url = parameters.string("url") ?? ""
        try Self.checkURL(url)
        let secret = "whsec_" + random.alphanumerics(32)
        var endpoint = WebhookEndpoint(
            id: newID("we_"), created: call.cause.seconds,
            apiVersion: try parameters.string("api_version").map(Self.version), url: url,
            enabledEvents: try Self.enabledEvents(parameters) ?? [], secret: Secret(secret))
        endpoint.description = parameters.string("description")
        endpoint.metadata = try Metadata.merged([:], parameters["metadata"])
        webhookEndpoints.insert(endpoint)
        var json = endpoint.json
        json["secret"] = .string(secret)
        return .object(json)
    }

    mutating func updateWebhookEndpoint(_ call: Call) throws(StripeError) -> JSONValue {
        var endpoint = try webhookEndpoint(inPath: call.id)
        let parameters = call.parameters
        if let url = parameters.string("url") {
            try Self.checkURL(url)
            endpoint.url = url
        }
        if let events = try Self.enabledEvents(parameters) { endpoint.enabledEvents = events }
        if parameters.has("description") { endpoint.description = parameters.string("description") }
        if let disabled = parameters.bool("disabled") { endpoint.isEnabled = !disabled }
        endpoint.metadata = try Metadata.merged(endpoint.metadata, parameters["metadata"])
        webhookEndpoints[endpoint.id] = endpoint
        if !endpoint.isEnabled { deliveries.stop(endpoint.id) }
        return .object(endpoint.json)
    }

    mutating func deleteWebhookEndpoint(_ call: Call) throws(StripeError) -> JSONValue {
        let endpoint = try webhookEndpoint(inPath: call.id)
        webhookEndpoints[endpoint.id] = nil
        deliveries.stop(endpoint.id)
        return ["id": .string(endpoint.id), "object": "webhook_endpoint", "deleted": true]
    }

    func retrieveWebhookEndpoint(_ call: Call) throws(StripeError) -> JSONValue {
        .object(try webhookEndpoint(inPath: call.id).json)
    }

    /// Gives an endpoint a new secret; the old ones sign for a while yet. Answers the new one, nil for no such endpoint.
    mutating func rollSecret(of id: String, overlap: Duration, at now: Timestamp) -> String? {
        guard var endpoint = webhookEndpoints[id] else { return nil }
        let secret = "whsec_" + random.alphanumerics(32)
        let end = now.adding(overlap)
        let active = endpoint.secrets.filter { $0.until.map { now < $0 } ?? true }
        endpoint.secrets = [(Secret(secret), nil)] + active.map { ($0.secret, $0.until.map { min($0, end) } ?? end) }
        webhookEndpoints[id] = endpoint
        return secret
    }

    private func webhookEndpoint(inPath id: String) throws(StripeError) -> WebhookEndpoint {
        guard let endpoint = webhookEndpoints[id] else { throw .notFound("webhook endpoint", id) }
        return endpoint
    }

    private static func version(_ name: String) throws(StripeError) -> APIVersion {
        guard let version = APIVersion(name) else {
            throw StripeError.invalidRequest("Invalid API version: \(name)", param: "api_version").beforeExecution
        }
        return version
    }

    private static func checkURL(_ url: String) throws(StripeError) {
        for scheme in ["http://", "https://"] where url.hasPrefix(scheme) && url.count > scheme.count { return }
        throw StripeError.invalidRequest(
            "Invalid URL: An explicit scheme (such as https) must be provided.", code: "url_invalid", param: "url"
        ).beforeExecution
    }

    private static func enabledEvents(_ parameters: Parameters) throws(StripeError) -> [String]? {
        guard let events = parameters.strings("enabled_events") else { return nil }
        for (index, event) in events.enumerated() where !EventTypes.all.contains(event) {
            throw StripeError.invalidRequest(
                "Invalid enabled_events[\(index)]: \(event) is not a type of event.", param: "enabled_events[\(index)]"
            ).beforeExecution
        }
        return events
    }
}

extension Endpoint {
    private static let enabledEvents = Parameter.list("enabled_events", of: .text(max: 100))

    /// `/v1/webhook_endpoints`
    static let webhookEndpoints: [Endpoint] = [
        .list("/v1/webhook_endpoints", of: "webhook_endpoint") { state, call throws(StripeError) in
            try state.page(of: state.webhookEndpoints, call)
        },
        .post(
            "/v1/webhook_endpoints", answers: "webhook_endpoint",
            [
                .text("api_version"), .unsimulated("connect"), Parameter.text("description").emptyable,
                enabledEvents.required, Parameter.metadata.emptyable, Parameter.text("url").required,
            ]
        ) { state, call throws(StripeError) in try state.createWebhookEndpoint(call) },
        .get("/v1/webhook_endpoints/{webhook_endpoint}", answers: "webhook_endpoint") {
            state, call throws(StripeError) in try state.retrieveWebhookEndpoint(call)
        },
        .post(
            "/v1/webhook_endpoints/{webhook_endpoint}", answers: "webhook_endpoint",
            [
                Parameter.text("description").emptyable, .boolean("disabled"), enabledEvents,
                Parameter.metadata.emptyable, .text("url"),
            ]
        ) { state, call throws(StripeError) in try state.updateWebhookEndpoint(call) },
        .delete("/v1/webhook_endpoints/{webhook_endpoint}", answers: "deleted_webhook_endpoint") {
            state, call throws(StripeError) in try state.deleteWebhookEndpoint(call)
        },
    ]
}
