public import JSON
public import Kernel

/// A listed event that is not read any further: its bytes as they are kept when a webhook brings them.
public struct StripeListedEvent: StripeObject {
    /// The event's id.
    public let id: StripeID<StripeListedEvent>
    /// When it happened; whole seconds.
    public let created: Timestamp
    /// The event as JSON, every member that Stripe sent.
    public let payload: [UInt8]

    /// Reads any version's shape.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "event")
        id = try reader.id()
        created = try reader.timestamp("created")
        payload = json.bytes()
    }
}

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
        let form = try Self.form(types: types, created: created, deliverySuccess: deliverySuccess, page: page)
        return try await perform(.get(Self.events, form), StripeList.init)
    }

    /// Lists events as ``listEvents(types:created:deliverySuccess:page:)`` does, with their bytes to be kept.
    public func listEventsWithPayload(
        types: [String] = [], created: StripeCreated? = nil, page: StripePage<StripeListedEvent> = StripePage()
    ) async throws(StripeError) -> Answer<StripeList<StripeListedEvent>> {
        let form = try Self.form(types: types, created: created, deliverySuccess: nil, page: page)
        return try await perform(.get(Self.events, form), StripeList.init)
    }

    private static func form<Element>(
        types: [String], created: StripeCreated?, deliverySuccess: Bool?, page: StripePage<Element>
    ) throws(StripeError) -> StripeForm {
        guard types.count <= 20 else {
            throw .invalidRequest(StripeInvalidRequest(status: nil, code: "types_limit", param: "types"))
        }
        var form = StripeForm()
        form.add("types", list: types)
        form.add(created: created)
        form.add("delivery_success", deliverySuccess)
        form.add(page: page)
        return form
    }
}
