internal import Crypto
internal import HTTP
public import JSON
internal import Kernel
internal import KernelTesting
internal import KessaiApp

extension World {
    /// Sends an event of our own making, signed as Stripe signs; by default with this world's secret and time.
    public func receive(
        _ event: JSONValue, at path: String = "/api/webhook/stripe/", secret: String? = nil, ageSeconds: Int64 = 0
    ) async -> Reply {
        await receive(raw: event.bytes(pretty: true), at: path, secret: secret, ageSeconds: ageSeconds)
    }

    /// The same with any bytes in the event's place.
    public func receive(
        raw body: [UInt8], at path: String = "/api/webhook/stripe/", secret: String? = nil, ageSeconds: Int64 = 0
    ) async -> Reply {
        let time = String(clock.now().epochSeconds - ageSeconds)
        let key = secret ?? World.webhookSecret.reveal()
        let digest = Digest.hmacSHA256(key: Array(key.utf8), Array((time + ".").utf8) + body)
        return await send(
            HTTPRequest("POST", path, headers: ["Stripe-Signature": "t=\(time),v1=\(Hex.encode(digest))"], body: body))
    }

    /// An event as Stripe tells it, newest first, by its type.
    public func event(_ type: String) async throws -> JSONValue? {
        try await atStripe("GET", "/v1/events?type=\(type)")["data"]?[0]
    }

    /// An event of our own making.
    public static func event(
        _ type: String, id: String = "evt_made_1", object: JSONValue, livemode: Bool = false,
        created: Int64 = 1_795_233_600
    ) -> JSONValue {
        [
            "id": .string(id), "object": "event", "api_version": "2026-10-28.endive", "created": .int(created),
            "data": ["object": object], "livemode": .bool(livemode), "pending_webhooks": 1,
            "request": ["id": nil, "idempotency_key": nil], "type": .string(type),
        ]
    }
}

extension JSONValue {
    /// The object with a member set, at a path of names: `changing("data", "object", "amount", to: 1)`.
    public func changing(_ path: String..., to value: JSONValue) -> JSONValue { changing(path[...], to: value) }

    private func changing(_ path: ArraySlice<String>, to value: JSONValue) -> JSONValue {
        guard let name = path.first, case .object(var object) = self else { return value }
        object[name] = (object[name] ?? [:]).changing(path.dropFirst(), to: value)
        return .object(object)
    }
}
