internal import Crypto
internal import HTTP
internal import JSON
internal import Kernel

/// Reaches for what is not theirs: other people's orders, forged events, old ones again.
struct Attacker: SimulatedActor {
    static let kind = "attacker"
    static let words: [(name: String, weight: Int)] = [
        ("read_foreign", 2), ("pay_foreign", 2), ("cancel_foreign", 2), ("refund_as_buyer", 1), ("forge_event", 3),
        ("stale_event", 2), ("replay_event", 2), ("change_event", 2),
    ]
    static let stepCount = 1...5
    static let aims: [String: [Aim]] = ["replay_event": [.commit("forged POST /api/webhook/stripe/")]]
    static let attacks = words.map(\.name).filter { $0 != "replay_event" }
    /// With what each is refused.
    private static let refusals: [String: Set<String>] = [
        "read_foreign": ["order_not_found"], "pay_foreign": ["permission_denied"],
        "cancel_foreign": ["order_not_found"],
        "refund_as_buyer": ["not_allowed"], "forge_event": ["webhook_signature_invalid"],
        "stale_event": ["webhook_signature_invalid"], "change_event": ["webhook_signature_invalid"],
    ]
    private let name: String
    private let world: SimulatedWorld

    init(_ number: Int, in world: SimulatedWorld) {
        name = "attacker\(number)"
        self.world = world
    }

    func perform(_ step: Step) async {
        switch step.name {
        case "forge_event", "stale_event", "change_event", "replay_event": await event(step)
        default: await order(step)
        }
    }

    private func order(_ step: Step) async {
        let foreign = (0..<2).flatMap { world.memory.facts("orders of buyer\($0)") }
        guard !foreign.isEmpty else { return }
        let id = foreign[step.argument % foreign.count]
        let answer: Answer?
        switch step.name {
        case "read_foreign": answer = await world.request(as: name, "GET", "/api/orders/\(id)")
        case "pay_foreign":
            answer = await world.request(
                as: name, "POST", "/api/payments/intent", key: world.freshKey(), body: ["order_id": .string(id)])
        case "cancel_foreign":
            answer = await world.request(as: name, "POST", "/api/orders/\(id)/cancel", key: world.freshKey())
        default:
            answer = await world.request(
                as: name, "POST", "/api/admin/orders/\(id)/refunds", key: world.freshKey(), body: [:])
        }
        world.memory.attacked("\(step.name) of order \(id)", answer, codes: Self.refusals[step.name])
    }

    private func event(_ step: Step) async {
        let known = world.memory.deliveries
        guard !known.isEmpty else { return }
        var request = known[step.argument % known.count]
        let old = (try? JSONValue(parsing: request.body)) ?? .null  // Stripe sent it.
        var refused = true
        switch step.name {
        case "forge_event":
            request = signed(request.body, secret: "whsec_of_somebody_else", at: world.clock.now())
        case "stale_event":
            let time = world.clock.now().adding(.seconds(-600))
            request = signed(request.body, secret: SimulatedWorld.webhookSecret.reveal(), at: time)
        case "change_event": request.body += Array(" ".utf8)
        default:
            // Stripe's own bytes and signature once more: as old as it is, or harmless.
            refused = false
        }
        let path = request.head.path
        guard let answer = await world.reach(request, "forged POST \(path)").map({ Answer($0) }) else { return }
        world.trace.tell("    \(step.name) of \(old["id"]?.string ?? "?"): \(answer.told)")
        if refused { world.memory.attacked(step.name, answer, codes: Self.refusals[step.name]) }
    }

    private func signed(_ body: [UInt8], secret: String, at: Timestamp) -> HTTPRequest {
        let time = String(at.epochSeconds)
        let digest = Digest.hmacSHA256(key: Array(secret.utf8), Array((time + ".").utf8) + body)
        return HTTPRequest(
            "POST", "/api/webhook/stripe", headers: ["Stripe-Signature": "t=\(time),v1=\(Hex.encode(digest))"],
            body: body)
    }
}
