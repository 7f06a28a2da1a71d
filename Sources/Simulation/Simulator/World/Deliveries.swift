internal import Database
internal import HTTP
internal import JSON
internal import Kernel
internal import StripeSandbox

/// The network between Stripe and the application's webhook: it loses, delays and repeats events and their answers.
struct Deliveries: HTTPTransport {
    let world: SimulatedWorld

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let event = (try? JSONValue(parsing: request.body)) ?? .null  // Stripe sends JSON.
        let (id, type) = (event["id"]?.string ?? "", event["type"]?.string ?? "")
        let activity = "event \(type)"
        let target = String(request.url.dropFirst(SimulatedWorld.origin.count))
        let inner = HTTPRequest(request.method, target, headers: request.headers, body: request.body)
        world.memory.saw(inner)
        await world.wait(.milliseconds(world.chance.number(in: 1...40)))
        let response: HTTPResponse?
        switch world.board.pass(.delivery, activity) {
        case .deliveryLost: response = nil
        case .deliveryAnswerLost:
            _ = await take(inner, id, activity)
            response = nil
        case .deliveryRepeated:
            response = await withTaskGroup(of: HTTPResponse?.self) { group in
                for _ in 0..<2 { group.addTask { await take(inner, id, activity) } }
                var last: HTTPResponse?
                for await one in group { last = one ?? last }
                return last
            }
        case .deliveryRepeatedLate:
            response = await take(inner, id, activity)
            world.late.keep(until: world.clock.now().adding(.milliseconds(world.chance.number(in: 1_000...250_000)))) {
                _ = await take(inner, id, activity)
            }
        case .deliveryAnswerSlow:
            response = await take(inner, id, activity)
            await world.wait(.milliseconds(world.chance.number(in: 1_000...60_000)))
        case .deliverySlow:
            await world.wait(.milliseconds(world.chance.number(in: 1_000...60_000)))
            response = await take(inner, id, activity)
        case .deliveryHungUp:
            await world.hangUp(on: { _ = await take(inner, id, activity) })
            response = nil
        default: response = await take(inner, id, activity)
        }
        world.trace.tell("    \(activity) \(id): \(response.map { "\($0.status)" } ?? "no answer")")
        guard let response else { throw .lost(reason: "no answer") }
        return response
    }

    private func take(_ request: HTTPRequest, _ id: String, _ activity: String) async -> HTTPResponse? {
        guard let response = await world.reach(request, activity) else { return nil }
        guard (200..<300).contains(response.status) else { return response }
        // Law 5: stored means 2xx.
        let count = await world.count("SELECT COUNT(*) AS count FROM webhook_events WHERE stripe_event_id = \(id)")
        if count < 1 { world.memory.violate("event \(id) was acknowledged and is not in the inbox") }
        return response
    }
}

extension SimulatedWorld {
    /// A count from the database itself, whatever the application may reach.
    func count(_ sql: SQL) async -> Int64 {
        do {
            return try await database.read { tx in try tx.row(sql)?.int("count") ?? 0 }
        } catch {
            memory.violate("the books cannot be read: \(error)")
            return 0
        }
    }
}
