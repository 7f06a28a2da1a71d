public import HTTP
public import JSON
internal import Kernel

/// Misfortunes at Stripe and on the way to it, one after the other.
struct Weather: Sendable {
    let sandbox: SandboxControl
    let stage: Stage
    let clock: any WallClock
    let dice: Dice

    /// Storms until the calm. Throws `CancellationError`.
    func run() async throws {
        while stage.isStorm {
            try await clock.sleep(for: dice.milliseconds(300...1_000))
            _ = await sandbox.post("/_sandbox/faults", fault())
        }
    }

    /// Calls that no payer's browser makes.
    private static let served = [
        "/v1/refunds", "/v1/checkout/sessions", "/v1/customers", "/v1/payment_intents/{intent}/cancel",
    ]

    private func fault() -> JSONValue {
        let times = JSONValue.int(dice.number(in: 1...2))
        switch dice.number(in: 0...11) {
        case 0: return ["kind": "drop_answer", "times": times]
        case 1: return ["kind": "drop_before", "times": times]
        case 2: return ["kind": "delay", "delay_ms": .int(dice.number(in: 50...600)), "times": times]
        case 3: return ["kind": "rate_limit", "times": times]
        case 4: return ["kind": "lock_timeout", "times": times]
        case 5: return ["kind": "server_error", "times": times]
        case 6:
            // The key keeps the 500, as Stripe's does; so it is only for what a server asks for, who knows what to do.
            return [
                "kind": "server_error", "effect": true,
                "match": ["method": "POST", "path": .string(dice.pick(Self.served))],
            ]
        case 7: return ["kind": "lose_events", "times": 1]
        case 8: return ["kind": "reorder_events", "times": 4]
        case 9: return ["kind": "delay_events", "delay_ms": .int(dice.number(in: 100...3_000)), "times": times]
        default: return ["kind": "repeat_events", "times": times]
        }
    }
}

/// The sandbox as the drill itself uses it: its controls, and its objects as the account's owner reads them.
public struct SandboxControl: Sendable {
    private let url: String
    private let transport: any HTTPTransport

    /// The sandbox at an address.
    public init(at url: String, via transport: any HTTPTransport) {
        self.url = url
        self.transport = transport
    }

    /// The answer's body; null when there is none.
    @discardableResult
    public func post(_ path: String, _ body: JSONValue = [:]) async -> JSONValue {
        await send(
            HTTPClientRequest(
                method: "POST", url: url + path, headers: ["Content-Type": "application/json"], body: body.bytes()))
    }

    /// Ends all misfortunes.
    public func calmDown() async {
        _ = await send(HTTPClientRequest(method: "DELETE", url: url + "/_sandbox/faults"))
        await post("/_sandbox/events/release")
    }

    /// What a page of the sandbox says.
    public func read(_ path: String) async -> JSONValue {
        await send(HTTPClientRequest(method: "GET", url: url + path))
    }

    /// Has events sent to a URL; the secret that signs them. Throws ``DrillFailure``.
    public func deliverEvents(to address: String) async throws -> String {
        let made = await send(
            HTTPClientRequest(
                method: "POST", url: url + "/v1/webhook_endpoints",
                headers: [
                    "Authorization": "Bearer \(SandboxProcess.secretKey)",
                    "Content-Type": "application/x-www-form-urlencoded",
                ], body: Array("url=\(PercentCoding.encode(address))&enabled_events[]=*".utf8)))
        guard let secret = made["secret"]?.string else { throw DrillFailure("no webhook endpoint: \(made.text())") }
        return secret
    }

    /// All objects of a list (`/v1/charges`), oldest first. Throws ``DrillFailure``.
    public func list(_ path: String) async throws -> [JSONValue] {
        var found: [JSONValue] = []
        // At most 100,000 objects.
        for _ in 0..<1_000 {
            let last = found.last?["id"]?.string.map { "&starting_after=\($0)" } ?? ""
            let page = await send(
                HTTPClientRequest(
                    method: "GET", url: "\(url)\(path)?limit=100\(last)",
                    headers: ["Authorization": "Bearer \(SandboxProcess.secretKey)"]))
            guard let data = page["data"]?.array else { throw DrillFailure("\(path) cannot be read: \(page.text())") }
            found += data
            if page["has_more"] != true { return found.reversed() }
        }
        throw DrillFailure("\(path) has more than 100,000 objects")
    }

    private func send(_ request: HTTPClientRequest) async -> JSONValue {
        do { return try JSONValue(parsing: try await transport.send(request).body) } catch { return .null }
    }
}
