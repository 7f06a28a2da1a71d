public import JSON
public import Kernel

/// Something that happened at Stripe: the envelope, and a snapshot of the object it happened to (S1-DISP-06).
///
/// The snapshot has the shape of `apiVersion`, which is the webhook endpoint's and not that of our requests.
public struct StripeEvent: StripeObject {
    /// Its id; the same at every delivery.
    public let id: StripeEventID
    /// The API version whose shape `object` has.
    public let apiVersion: String?
    /// When it happened; whole seconds. Says nothing about the order of deliveries (law 6).
    public let created: Timestamp
    /// Whether it is about real money.
    public let livemode: Bool
    /// How many endpoints have not acknowledged it yet.
    public let pendingWebhooks: Int64
    /// The request that caused it; nil where Stripe does not say.
    public let request: Request?
    /// What happened: `payment_intent.succeeded`.
    public let type: String
    /// The connected account that it happened on.
    public let account: String?
    /// The snapshot; an object without members when the event has none (S1-DISP-07).
    public let object: JSONValue
    /// For `*.updated`: the old values of what changed.
    public let previousAttributes: JSONValue?

    /// The request that caused an event.
    public struct Request: Sendable, Equatable {
        /// Stripe's id of it; nil for what Stripe did by itself.
        public let id: String?
        /// The key that it carried.
        public let idempotencyKey: String?
    }

    /// The kind of the snapshot, `payment_intent`; nil when there is none.
    public var objectType: String? { object["object"]?.string }
    /// The id of the snapshot; nil when there is none.
    public var objectID: String? { object["id"]?.string }

    /// Reads the body of a webhook whose signature `StripeSignatureVerifier` has accepted: never another one (law 5).
    ///
    /// Throws `StripeShapeError` when the bytes are no event.
    public init(verified rawBody: [UInt8]) throws(StripeShapeError) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: rawBody)
        } catch {
            throw StripeShapeError(object: "event", field: "", problem: .notJSON)
        }
        try self.init(json: json)
    }

    /// Reads an event, of any version.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "event")
        id = try reader.id()
        apiVersion = try reader.optionalString("api_version")
        created = try reader.timestamp("created")
        livemode = try reader.optionalBool("livemode") ?? false
        pendingWebhooks = try reader.optionalInt("pending_webhooks") ?? 0
        type = try reader.string("type")
        account = try reader.optionalString("account")
        switch reader.value("request") {
        case nil: request = nil
        // Before 2017-05-25 this was the bare id.
        case .string(let id): request = Request(id: id, idempotencyKey: nil)
        case .some(let json):
            let inner = try StripeReader(json, "request")
            request = Request(
                id: try inner.optionalString("id"), idempotencyKey: try inner.optionalString("idempotency_key"))
        }
        let data = reader.value("data")?.object
        object = .object(data?["object"]?.object ?? [:])
        previousAttributes = (data?["previous_attributes"]?.object).map { .object($0) }
    }
}
