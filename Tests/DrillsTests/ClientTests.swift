import Drills
import HTTP
import JSON
import Kernel
import KernelTesting
import Synchronization
import Testing

/// Clients repeat as good clients do, with the same key, so that drills try what a lost answer leads to (GEN-15, law 3).
@Suite struct ClientTests {
    /// Answers one after the other; the last again and again.
    private final class Script: HTTPTransport {
        private let state: Mutex<(answers: [Result<HTTPResponse, HTTPTransportError>], asked: [HTTPClientRequest])>

        init(_ answers: [Result<HTTPResponse, HTTPTransportError>]) { state = Mutex((answers, [])) }

        var asked: [HTTPClientRequest] { state.withLock { $0.asked } }

        func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
            let answer = state.withLock { state -> Result<HTTPResponse, HTTPTransportError> in
                state.asked.append(request)
                return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
            }
            return try answer.get()
        }
    }

    /// Time that passes by itself.
    private final class QuickClock: WallClock {
        private let clock = Mutex(Timestamp(epochMs: 0))
        func now() -> Timestamp { clock.withLock { $0 } }
        func sleep(for duration: Duration) async throws { clock.withLock { $0 = $0.adding(duration) } }
    }

    private func ask(
        _ answers: [Result<HTTPResponse, HTTPTransportError>], patience: Client.Patience = .patient,
        calm: Duration? = nil, memory: Memory = Memory()
    ) async throws -> (answer: Client.Answer?, asked: [HTTPClientRequest], waited: Duration) {
        let clock = QuickClock()
        let stage = Stage(clock: clock)
        if let calm { stage.calmDown(patience: calm) }
        let script = Script(answers)
        let client = Client(
            ["http://a", "http://b"], via: script, stage: stage, memory: memory, clock: clock,
            dice: Dice(1, of: "client"))
        let answer = try await client.ask("POST", "/api/orders", ["x": 1], token: "t", patience: patience)
        return (answer, script.asked, clock.now().since(Timestamp(epochMs: 0)))
    }

    private static func problem(_ status: Int, _ code: String) -> Result<HTTPResponse, HTTPTransportError> {
        .success(.json(["code": .string(code)], status: status))
    }

    @Test func `what says nothing is repeated with the same key and body, at any server`() async throws {
        let (answer, asked, _) = try await ask([
            .failure(.notSent(reason: "refused")), .failure(.lost(reason: "reset")), .failure(.timeout),
            Self.problem(503, "unavailable"), Self.problem(409, "idempotency_key_in_use"),
            Self.problem(429, "too_many_attempts"), .success(.json(["id": "one"], status: 201)),
        ])
        #expect(answer?.status == 201)
        #expect(answer?.json["id"] == "one")
        #expect(asked.count == 7)
        #expect(Set(asked.map { $0.headers["Idempotency-Key"] }).count == 1)
        #expect(asked.allSatisfy { $0.headers["Authorization"] == "Bearer t" && $0.body == asked[0].body })
        #expect(Set(asked.map { String($0.url.prefix(8)) }) == ["http://a", "http://b"])
    }

    @Test(arguments: [
        (400, "order_not_pending"), (402, "card_declined"), (409, "order_not_cancelable"), (404, "not_found"),
    ])
    func `a refusal is an answer`(status: Int, code: String) async throws {
        let (answer, asked, _) = try await ask([Self.problem(status, code)])
        #expect(answer?.status == status)
        #expect(answer?.isGood == false)
        #expect(asked.count == 1)
    }

    @Test func `the impatient leave after their tries, the patient when the calm is over, and that is told`()
        async throws
    {
        let memory = Memory()
        let impatient = try await ask([Self.problem(503, "unavailable")], patience: .tries(3), memory: memory)
        #expect(impatient.answer == nil)
        #expect(impatient.asked.count == 3)
        #expect(memory.unserved == [])
        let patient = try await ask([Self.problem(503, "unavailable")], calm: .seconds(5), memory: memory)
        #expect(patient.answer == nil)
        #expect(patient.asked.count > 10)
        #expect(memory.unserved == ["POST /api/orders: 503 unavailable"])
    }

    @Test func `some repeats come when Retry-After says, and some before`() async throws {
        var busy = HTTPResponse.json(["code": "unavailable"], status: 503)
        busy.headers["Retry-After"] = "5"
        let busyTimes = Array(repeating: Result<HTTPResponse, HTTPTransportError>.success(busy), count: 40)
        let (answer, _, waited) = try await ask(busyTimes + [.success(.json(["id": "one"], status: 201))])
        #expect(answer?.status == 201)
        #expect(waited > .seconds(5 * 5) && waited < .seconds(5 * 35))
    }

    @Test func `dice of one seed fall alike, and others do not`() {
        func fall(_ seed: UInt64, _ purpose: String) -> [UInt64] {
            let dice = Dice(seed, of: purpose)
            return (0..<5).map { _ in dice.next() }
        }
        #expect(fall(1, "a") == fall(1, "a"))
        #expect(fall(1, "a") != fall(2, "a"))
        #expect(fall(1, "a") != fall(1, "b"))
    }
}
