public import HTTP
public import JSON
public import Kernel

/// A client as a good one is: every POST has an `Idempotency-Key`, the same at every repeat, and what got no certain
/// answer is repeated, at any of the servers.
public struct Client: Sendable {
    /// How long a client repeats.
    public enum Patience: Sendable, Equatable {
        /// Until it has its answer, or the calm is over.
        case patient
        /// So many tries, then it goes away.
        case tries(Int)
    }

    /// An answer.
    public struct Answer: Sendable {
        /// Its status.
        public let status: Int
        /// Its body; null when it was no JSON.
        public let json: JSONValue
        /// Whether it is 2xx.
        public var isGood: Bool { (200..<300).contains(status) }
    }

    private let transport: any HTTPTransport
    private let bases: [String]
    private let stage: Stage
    private let memory: Memory
    private let clock: any WallClock
    private let dice: Dice

    /// A client of these servers (`http://127.0.0.1:8080`), of which any may be asked.
    public init(
        _ bases: [String], via transport: any HTTPTransport, stage: Stage, memory: Memory, clock: any WallClock,
        dice: Dice
    ) {
        self.bases = bases
        self.transport = transport
        self.stage = stage
        self.memory = memory
        self.clock = clock
        self.dice = dice
    }

    /// Asks until there is an answer that says what became of it; nil when patience ended before.
    public func ask(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil,
        patience: Patience = .patient
    ) async throws -> Answer? {
        var headers: HTTPHeaders = [:]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        if method == "POST" { headers["Idempotency-Key"] = dice.alphanumerics(24) }
        if body != nil { headers["Content-Type"] = "application/json" }
        return try await send(method, path, headers, body?.bytes() ?? [], patience)
    }

    /// The same with a form, as payers' browsers send them to Stripe.
    public func post(
        form: [(String, String)], to path: String, token: String, patience: Patience = .patient
    ) async throws -> Answer? {
        let headers: HTTPHeaders = [
            "Authorization": "Bearer \(token)", "Content-Type": "application/x-www-form-urlencoded",
            "Idempotency-Key": dice.alphanumerics(24),
        ]
        let text = form.map { "\(PercentCoding.encode($0.0))=\(PercentCoding.encode($0.1))" }.joined(separator: "&")
        return try await send("POST", path, headers, Array(text.utf8), patience)
    }

    private func send(
        _ method: String, _ path: String, _ headers: HTTPHeaders, _ body: [UInt8], _ patience: Patience
    ) async throws -> Answer? {
        var tries = 0
        while true {
            tries += 1
            let request = HTTPClientRequest(
                method: method, url: dice.pick(bases) + path, headers: headers, body: body, timeout: .seconds(30))
            let what: String
            var wanted = Duration.zero
            do throws(HTTPTransportError) {
                let response = try await transport.send(request)
                let answer = Answer(status: response.status, json: Self.json(response.body))
                if !Self.isPassing(answer) { return answer }
                what = "\(answer.status) \(answer.json["code"]?.string ?? "")"
                wanted = .seconds(min(30, response.headers["Retry-After"].flatMap { Int64($0) } ?? 0))
            } catch {
                what = "\(error)"
            }
            if case .tries(let triesMax) = patience, tries >= triesMax { return nil }
            if stage.isOver {
                memory.waitedInVain("\(method) \(path): \(what)")
                return nil
            }
            // Some do as they are told, and some are as hasty as clients are.
            let hasty = dice.milliseconds(30...250)
            try await clock.sleep(for: dice.falls(40) ? max(hasty, wanted) : hasty)
        }
    }

    private static func json(_ body: [UInt8]) -> JSONValue {
        do throws(JSONError) { return try JSONValue(parsing: body) } catch { return .null }
    }

    /// Whether an answer says only that another try is wanted.
    static func isPassing(_ answer: Answer) -> Bool {
        if answer.status >= 500 || answer.status == 429 { return true }
        let codes = [answer.json["code"]?.string, answer.json["error"]?["code"]?.string]
        return codes.contains("idempotency_key_in_use") || codes.contains("lock_timeout")
            || (codes[0] == "payment_intent_creation_failed"
                && answer.json["detail"]?.string?.contains("no certain answer") == true)
    }
}
