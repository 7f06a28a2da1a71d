import JSON
import Kernel

/// A receiver of events.
struct WebhookEndpoint: StripeObject {
    static let objectName = "webhook_endpoint"
    static let countMax = 16

    let id: String
    let created: Int64
    /// The shape of its events; the account's default when nil.
    let apiVersion: APIVersion?
    var url: String
    var enabledEvents: [String]
    var description: String?
    var metadata: JSONObject = [:]
    var isEnabled = true
    /// The secrets that sign, the newest first; the older ones until their end.
    var secrets: [(secret: Secret, until: Timestamp?)]

    init(id: String, created: Int64, apiVersion: APIVersion?, url: String, enabledEvents: [String], secret: Secret) {
        self.id = id
        self.created = created
        self.apiVersion = apiVersion
        self.url = url
        self.enabledEvents = enabledEvents
        secrets = [(secret, nil)]
    }

    /// The endpoint of the options.
    init(configured: StripeSandboxOptions.Webhook, id: String, at now: Timestamp) {
        self.init(
            id: id, created: now.epochSeconds, apiVersion: configured.apiVersion.flatMap { APIVersion($0) },
            url: configured.url, enabledEvents: configured.enabledEvents, secret: configured.secret)
    }

    /// Whether it gets events of a type.
    func wants(_ type: String, accountVersion: APIVersion) -> Bool {
        Event.exists(type, in: apiVersion ?? accountVersion)
            && enabledEvents.contains { EventTypes.matches($0, type) }
    }

    /// The secrets that sign at a moment.
    func activeSecrets(at now: Timestamp) -> [Secret] {
        secrets.filter { $0.until.map { now < $0 } ?? true }.map(\.secret)
    }

    var json: JSONObject {
        [
            "id": .string(id), "object": "webhook_endpoint", "api_version": JSONValue(apiVersion?.name),
            "application": .null, "created": .int(created), "description": JSONValue(description),
            "enabled_events": .array(enabledEvents.map { .string($0) }), "livemode": false,
            "metadata": .object(metadata), "status": isEnabled ? "enabled" : "disabled", "url": .string(url),
        ]
    }
}
