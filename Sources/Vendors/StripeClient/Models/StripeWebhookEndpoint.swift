public import JSON
public import Kernel

/// An address that Stripe sends events to.
public struct StripeWebhookEndpoint: StripeObject {
    /// Its id.
    public let id: StripeWebhookEndpointID
    /// The address.
    public let url: String
    /// The types of events that it gets; `*` for nearly all.
    public let enabledEvents: [String]
    /// The version whose shape the events have; nil for the account's default.
    public let apiVersion: String?
    /// `enabled` or `disabled`.
    public let status: String
    /// What signs the events; only in the answer that creates the endpoint.
    public let secret: Secret?
    /// Whether it gets events of real money.
    public let livemode: Bool

    /// Reads any version's shape.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "webhook_endpoint")
        id = try reader.id()
        url = try reader.string("url")
        var events: [String] = []
        for event in try reader.array("enabled_events") {
            guard let type = event.string else { throw reader.failure("enabled_events", .wrongType) }
            events.append(type)
        }
        enabledEvents = events
        apiVersion = try reader.optionalString("api_version")
        status = try reader.string("status")
        secret = try reader.secret("secret")
        livemode = try reader.optionalBool("livemode") ?? false
    }
}
