import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

@testable import Drills

/// What the drill of nodes saw of every request, and how it is judged (GEN-15).
@Suite struct WatchTests {
    typealias Answer = Result<HTTPResponse, HTTPTransportError>

    /// Gives the answers one after the other, each after a while of the clock's.
    private actor Script: HTTPTransport {
        private let clock: ManualClock
        private var answers: [(Duration, Answer)]

        init(_ answers: [(Duration, Answer)], _ clock: ManualClock) { (self.answers, self.clock) = (answers, clock) }

        func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
            guard !answers.isEmpty else { throw .notSent(reason: "the script is over") }
            let (time, answer) = answers.removeFirst()
            clock.advance(by: time)
            return try answer.get()
        }
    }

    private static func problem(_ status: Int, _ code: String, comesAgain: Bool = true) -> Answer {
        var answer = HTTPResponse.json(["code": .string(code)], status: status)
        if comesAgain { answer.headers["Retry-After"] = "5" }
        return .success(answer)
    }

    private static let good = Answer.success(.json(["id": "one"], status: 201))
    private static let front = "http://front"

    /// Sends requests to the front, one a second after the other; what was seen of them in one phase.
    private func row(
        _ answers: [Answer], keys: [String?] = [], to url: String = front + "/api/orders", isWatched: Bool = true
    ) async -> PhaseRow? {
        let clock = ManualClock()
        let watch = Watch(Script(answers.map { (.seconds(1), $0) }, clock), clock: clock)
        if isWatched { watch.look(at: Self.front) }
        watch.begin("storm")
        for index in answers.indices {
            var headers: HTTPHeaders = [:]
            if let key = index < keys.count ? keys[index] : "same" { headers["Idempotency-Key"] = key }
            let request = HTTPClientRequest(method: "POST", url: url, headers: headers, body: [], timeout: .seconds(1))
            do throws(HTTPTransportError) { _ = try await watch.send(request) } catch {
                // It is seen by the watch.
            }
        }
        return watch.phases.first
    }

    @Test func `a good answer is a request, and nothing else`() async {
        var row = PhaseRow(name: "storm")
        (row.requests, row.longestGapMs, row.slowestMs) = (1, 1_000, 1_000)
        let seen = await self.row([Self.good])
        #expect(seen == row)
    }

    @Test func `a refusal is a good answer`() async {
        let seen = await row([Self.problem(404, "not_found", comesAgain: false)])
        #expect(seen?.others == [:] && seen?.wrongs == [:] && seen?.awayAnswers == 0)
    }

    @Test func `a request that failed in whatever way is mended by its good answer, and its trouble is from the first`()
        async
    {
        let seen = await row([
            Self.problem(503, "unavailable"), .failure(.notSent(reason: "refused")), .failure(.lost(reason: "reset")),
            Self.problem(409, "idempotency_key_in_use"), Self.problem(503, "payment_page_unavailable"), Self.good,
        ])
        #expect(seen?.requests == 6)
        #expect(seen?.awayAnswers == 1)
        #expect(
            seen?.others == ["409 idempotency_key_in_use": 1, "503 payment_page_unavailable": 1])
        #expect(seen?.wrongs == ["not reached": 1, "broken off": 1])
        #expect(seen?.mended == 1)
        #expect(seen?.keyedAway == 1)
        #expect(seen?.keyedMended == 1)
        #expect(seen?.longestTroubleMs == 6_000)
        #expect(seen?.longestGapMs == 6_000)
    }

    @Test func `another key's good answer mends nothing`() async {
        let seen = await row([Self.problem(503, "unavailable"), Self.good, Self.good], keys: ["a", "b", "c"])
        #expect(seen?.mended == 0)
        #expect(seen?.longestGapMs == 2_000)
    }

    @Test func `a refusal mends nothing, and is told as what a repeat was answered`() async {
        let seen = await row([
            Self.problem(503, "unavailable"), Self.problem(404, "order_not_found", comesAgain: false), Self.good,
        ])
        #expect(seen?.mended == 0)
        #expect(seen?.wrongs == ["404 order_not_found to a repeat": 1])
    }

    @Test func `what was settled otherwise meanwhile may be refused to a repeat`() async {
        let seen = await row([
            Self.problem(503, "unavailable"), Self.problem(409, "order_not_cancelable", comesAgain: false),
        ])
        #expect(seen?.mended == 0 && seen?.wrongs == [:])
        #expect(seen?.others == ["409 order_not_cancelable to a repeat": 1])
    }

    @Test func `a repeat with its key counts for the phase in which the first failed`() async throws {
        let clock = ManualClock()
        let watch = Watch(
            Script([(.seconds(2), Self.problem(503, "unavailable")), (.seconds(3), Self.good)], clock), clock: clock)
        watch.look(at: Self.front)
        let request = HTTPClientRequest(
            method: "POST", url: Self.front + "/api/orders", headers: ["Idempotency-Key": "one"], body: [],
            timeout: .seconds(1))
        for phase in ["first", "second"] {
            watch.begin(phase)
            _ = try await watch.send(request)
        }
        #expect(watch.phases.map(\.keyedAway) == [1, 0])
        #expect(watch.phases.map(\.keyedMended) == [1, 0])
    }

    @Test func `a repeat with its key counts for each phase in which it failed, as outages may touch`() async throws {
        let clock = ManualClock()
        let away = Self.problem(503, "unavailable")
        let watch = Watch(
            Script([(.seconds(2), away), (.seconds(3), away), (.seconds(3), Self.good)], clock), clock: clock)
        watch.look(at: Self.front)
        let request = HTTPClientRequest(
            method: "POST", url: Self.front + "/api/orders", headers: ["Idempotency-Key": "one"], body: [],
            timeout: .seconds(1))
        for phase in ["first", "second", "third"] {
            watch.begin(phase)
            _ = try await watch.send(request)
        }
        #expect(watch.phases.map(\.keyedAway) == [1, 1, 0])
        #expect(watch.phases.map(\.keyedMended) == [1, 1, 0])
        #expect(watch.phases.map(\.longestTroubleMs) == [0, 0, 8_000])
    }

    @Test func `who gives up after a failure is counted`() async throws {
        let clock = ManualClock()
        let watch = Watch(Script([(.seconds(1), Self.problem(503, "unavailable"))], clock), clock: clock)
        watch.look(at: Self.front)
        watch.begin("storm")
        _ = try await watch.send(
            HTTPClientRequest(method: "POST", url: Self.front + "/", headers: [:], body: [], timeout: .seconds(1)))
        #expect(watch.openTroubles == 1)
    }

    @Test func `without a key a request is its sender's`() async {
        let seen = await row([Self.problem(503, "unavailable"), Self.good], keys: [nil, nil])
        #expect(seen?.mended == 1)
        #expect(seen?.keyedAway == 0 && seen?.keyedMended == 0)
    }

    @Test(arguments: [
        (problem(500, "internal_error"), "500 internal_error"),
        (problem(502, "bad_gateway", comesAgain: false), "502 bad_gateway without Retry-After"),
        (problem(504, ""), "504 without a code"),
        (problem(503, "unavailable", comesAgain: false), "503 unavailable without Retry-After"),
        (problem(503, ""), "503 without a code"),
        (
            problem(409, "idempotency_key_in_use", comesAgain: false),
            "409 idempotency_key_in_use without Retry-After"
        ),
    ])
    func `what must not be answered is seen, and is a violation`(answer: Answer, name: String) async throws {
        let seen = try #require(await row([answer]))
        #expect(seen.wrongs == [name: 1])
        #expect(seen.awayAnswers == 0 && seen.others == [:])
        #expect(NodesRound.violations(Self.outages() + [seen]).map(\.what) == ["storm: 1 × \(name)"])
    }

    @Test func `requests to others are not looked at, and none when it is over`() async {
        #expect(await row([Self.good], to: "http://stripe/v1/refunds")?.requests == 0)
        #expect(await row([Self.good], isWatched: false)?.requests == 0)
    }

    @Test func `a phase counts what ends in it`() async throws {
        let clock = ManualClock()
        let watch = Watch(
            Script([(.seconds(2), Self.problem(503, "unavailable")), (.seconds(3), Self.good)], clock), clock: clock)
        watch.look(at: Self.front)
        let request = HTTPClientRequest(
            method: "GET", url: Self.front + "/api/orders", headers: [:], body: [], timeout: .seconds(1))
        for phase in ["first", "second"] {
            watch.begin(phase)
            _ = try await watch.send(request)
        }
        #expect(watch.phases.map(\.name) == ["first", "second"])
        #expect(watch.phases.map(\.awayAnswers) == [1, 0])
        #expect(watch.phases.map(\.mended) == [0, 1])
        #expect(watch.phases.map(\.longestTroubleMs) == [0, 5_000])
        #expect(watch.phases.map(\.keyedMended) == [0, 0])
        #expect(watch.phases.map(\.longestGapMs) == [0, 3_000])
    }

    private static let phases = ["\(NodesRound.restarted) (fast)", NodesRound.primaryKilled]

    /// The phases of outages, as they should be but for one.
    private static func outages(_ name: String = "", away: Int = 1, mended: Int = 1) -> [PhaseRow] {
        phases.map { phase in
            var row = PhaseRow(name: phase)
            (row.keyedAway, row.keyedMended) = phase == name ? (away, mended) : (1, 1)
            return row
        }
    }

    @Test(arguments: phases)
    func `an outage is one when clients were told of it and their repeats succeeded`(phase: String) {
        #expect(NodesRound.violations(Self.outages()) == [])
        let untold = NodesRound.violations(Self.outages(phase, away: 0)).map(\.what)
        #expect(untold == ["\(phase): no answer to a key was a 503"])
        let inVain = NodesRound.violations(Self.outages(phase, mended: 0)).map(\.what)
        #expect(inVain == ["\(phase): no repeat with its key succeeded"])
        #expect(NodesRound.violations([PhaseRow(name: "warm-up")]).map(\.what) == ["there was no outage"])
    }

    @Test func `notifications were lost when somebody listened, and jobs were done all the same`() {
        #expect(Deafness(cuts: 1, jobs: 1).violations == [])
        #expect(Deafness(cuts: 0, jobs: 1).violations.map(\.what) == ["nobody listened, so nothing was lost"])
        #expect(Deafness(cuts: 1, jobs: 0).violations.map(\.what) == ["no job was done"])
    }

    @Test func `a phase is a row of a table and an object`() {
        var row = PhaseRow(name: "storm")
        (row.requests, row.awayAnswers, row.mended) = (9, 3, 2)
        (row.longestTroubleMs, row.longestGapMs, row.slowestMs) = (30, 20, 10)
        row.others = ["not reached": 1, "broken off": 2]
        row.wrongs = ["500 internal_error": 1]
        #expect(
            row.markdown
                == "| storm | 9 | 3 | 2 × broken off, 1 × not reached, 1 × 500 internal_error | 2 | 30 ms | 20 ms | 10 ms |"
        )
        let columns = PhaseRow.heading.split(separator: "\n").map { line in line.filter { $0 == "|" }.count }
        #expect(columns == [9, 9])
        #expect(row.json["unavailable"] == 3)
        #expect(row.json["others"]?["broken off"] == 2)
        #expect(row.json["wrong"]?["500 internal_error"] == 1)
        #expect(row.json["longest_trouble_ms"] == 30)
    }
}
