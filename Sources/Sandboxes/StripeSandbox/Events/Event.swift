import JSON
import Kernel

/// Something that happened, with its object as it was then.
struct Event: StripeObject {
    static let objectName = "event"
    /// Thirty days: how long events can be read.
    static let keptSeconds: Int64 = 30 * 86_400
    /// The most that are kept; beyond it the oldest go (law 14).
    static let countMax = 100_000

    let id: String
    let created: Int64
    let type: String
    /// The object in the newest shape.
    let object: JSONObject
    /// The old values of what changed; of `*.updated` only.
    let previous: JSONObject?
    let requestID: String?
    let idempotencyKey: String?
    /// The account's default when it happened.
    let accountVersion: APIVersion
    /// The endpoints that have not acknowledged it.
    var waiting: Set<String> = []
    /// The endpoints it was meant for.
    var endpointCount = 0

    /// As the API answers it: in the account's version.
    var json: JSONObject { json(in: accountVersion) }

    /// In the shape of a version. Some types did not exist before a version; nothing is told of those there.
    func json(in version: APIVersion) -> JSONObject {
        let shapes = ShapeRenderer(version: version)
        let resource = object["object"]?.string
        var data: JSONObject = ["object": .object(shapes.render(object, as: resource))]
        if let previous { data["previous_attributes"] = .object(shapes.render(previous, as: resource)) }
        return [
            "id": .string(id), "object": "event", "api_version": .string(version.name), "created": .int(created),
            "data": .object(data), "livemode": false, "pending_webhooks": .int(Int64(waiting.count)),
            "request": ["id": JSONValue(requestID), "idempotency_key": JSONValue(idempotencyKey)],
            "type": .string(type),
        ]
    }

    /// Whether a version knows this type. Refunds of charges had no events of their own at first.
    static func exists(_ type: String, in version: APIVersion) -> Bool {
        !type.hasPrefix("refund.") || version >= .refundEvents
    }

    /// The old values of what differs; within objects only their differing parts. A new member was null.
    static func previousAttributes(from old: JSONObject, to new: JSONObject) -> JSONObject {
        var previous: JSONObject = [:]
        for (name, value) in new.members where old[name] != value {
            if case .object(let before) = old[name], case .object(let after) = value {
                previous[name] = .object(previousAttributes(from: before, to: after))
            } else {
                previous[name] = old[name] ?? .null
            }
        }
        for (name, value) in old.members where new[name] == nil { previous[name] = value }
        return previous
    }
}

extension SandboxState {
    /// Tells what happened to every endpoint that wants to know.
    mutating func emit(_ type: String, _ object: JSONObject, was previous: JSONObject? = nil, _ cause: Cause) {
        var event = Event(
            id: newID("evt_"), created: cause.seconds, type: type, object: object, previous: previous,
            requestID: cause.requestID, idempotencyKey: cause.idempotencyKey, accountVersion: accountVersion)
        let fault = faults.takeEventFault(type)
        for endpoint in webhookEndpoints.newestFirst.reversed()
        where endpoint.isEnabled && endpoint.wants(type, accountVersion: accountVersion) {
            event.waiting.insert(endpoint.id)
            event.endpointCount += 1
            deliveries.add(event.id, type: type, to: endpoint.id, due: cause.at, fault)
        }
        events.insert(event)
        events.trim(to: Event.countMax)
    }

    /// Tells a change with what was before; nothing when nothing changed.
    mutating func emitUpdate(_ type: String, from old: JSONObject, to new: JSONObject, _ cause: Cause) {
        let previous = Event.previousAttributes(from: old, to: new)
        guard !previous.isEmpty else { return }
        emit(type, new, was: previous, cause)
    }

    func retrieveEvent(_ call: Call) throws(StripeError) -> JSONValue {
        guard let event = events[call.id], isKept(event, call) else { throw .notFound("event", call.id) }
        return .object(event.json)
    }

    func listEvents(_ call: Call) throws(StripeError) -> JSONValue {
        let type = call.parameters.string("type")
        let types = call.parameters.strings("types")
        if type != nil && types != nil {
            throw .invalidRequest(
                "You may only specify one of these parameters: type, types.", code: "parameters_exclusive",
                param: "types")
        }
        if let types, types.count > 20 {
            throw .invalidRequest("You can pass at most 20 types.", param: "types")
        }
        let delivered = call.parameters.bool("delivery_success")
        return try page(of: events, call) { event in
            guard isKept(event, call) else { return false }
            if let type, !EventTypes.matches(type, event.type) { return false }
            if let types, !types.contains(event.type) { return false }
            return delivered == nil || delivered == event.waiting.isEmpty
        }
    }

    private func isKept(_ event: Event, _ call: Call) -> Bool {
        event.created > call.cause.seconds - Event.keptSeconds && Event.exists(event.type, in: accountVersion)
    }
}

extension Endpoint {
    /// `/v1/events`
    static let events: [Endpoint] = [
        .list(
            "/v1/events", of: "event",
            [.created, .boolean("delivery_success"), .text("type"), .list("types", of: .text(max: 100))]
        ) { state, call throws(StripeError) in try state.listEvents(call) },
        .get("/v1/events/{id}", answers: "event") { state, call throws(StripeError) in try state.retrieveEvent(call) },
    ]
}
