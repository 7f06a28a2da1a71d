import HTTP
import JSON
import Kernel
import KernelTesting
import Synchronization
import Testing

@testable import Edge

/// More than can be served in time is refused early; reading first, signed events last, and never health.
@Suite(.timeLimit(.minutes(5))) struct LoadGateTests {
    private let clock = ManualClock()

    /// Fills a gate until it refuses the class; returns how many began.
    private func fill(_ gate: LoadGate, _ kind: RateClass, atMost count: Int = 100_000) -> Int {
        var begun = 0
        while begun < count, gate.begin(kind) { begun += 1 }
        return begun
    }

    /// Has `count` requests begin and end every quarter of a second, for a second.
    private func work(_ gate: LoadGate, _ count: Int) {
        for _ in 0..<4 {
            for _ in 0..<count {
                #expect(gate.begin(.webhook))
                gate.end(.webhook)
            }
            clock.advance(by: .milliseconds(250))
        }
    }

    @Test func `an idle node takes so many of each class, and reading gives up before writing, and that before events`()
    {
        let gate = LoadGate(clock: clock)
        #expect(fill(gate, .read) == 128)
        #expect(gate.isFull(for: .page) && !gate.isFull(for: .write))
        #expect(fill(gate, .write) == 128)
        #expect(gate.isFull(for: .login) && !gate.isFull(for: .webhook))
        #expect(fill(gate, .webhook) == 256)
        #expect(gate.isFull(for: .webhook))
        // Four classes were found full once more than here: every refusal counts.
        #expect(gate.refusedCount == 6)
    }

    @Test func `health is never refused, and what waits for Stripe stands in a line of its own`() {
        let gate = LoadGate(clock: clock)
        _ = fill(gate, .webhook)
        #expect(!gate.isFull(for: .free) && gate.begin(.free))
        gate.end(.free)
        #expect(fill(gate, .payment) == 512)
        #expect(gate.isFull(for: .checkout) && !gate.isFull(for: .free))
        gate.end(.checkout)
        #expect(gate.begin(.payment))
    }

    @Test func `who is fast takes as many as it finishes within the class's patience`() {
        let gate = LoadGate(clock: clock)
        // 8,000 a second.
        work(gate, 2_000)
        #expect(fill(gate, .read) == 800)
        #expect(fill(gate, .write) == 1_200)
        #expect(fill(gate, .webhook) == 2_000)
    }

    @Test func `a pace of ten seconds ago is forgotten, also when the clock is set back`() {
        let gate = LoadGate(clock: clock)
        work(gate, 2_000)
        clock.advance(by: .milliseconds(8_500))
        #expect(fill(gate, .read) == 800)
        for _ in 0..<800 { gate.end(.read) }
        clock.advance(by: .seconds(11))
        #expect(fill(gate, .read) == 128)
        for _ in 0..<128 { gate.end(.read) }
        clock.advance(by: .seconds(-3_600))
        #expect(fill(gate, .read) == 128)
    }

    @Test func `a refused request is told when to come again, before its body is read, and in the words of its page`()
        async
    {
        let stage = Standing([
            Route("GET", "/list", "Lists", tag: "t", access: .everyone, answers: []) { _ in .text("well") },
            Route(
                "GET", "/page", "A page", tag: "t", access: .everyone, answers: [], listed: false, door: Standing.Door()
            ) { _ in .text("well") },
            Route("GET", "/healthz", "Lives", tag: "t", access: .everyone, answers: [], rateClass: .free) { _ in
                .text("well")
            },
        ])
        _ = fill(stage.load, .read)
        let refused = await stage.answer("GET", "/list")
        #expect(refused.response.status == 503 && !refused.isAdmitted)
        #expect(refused.response.headers["Retry-After"] == "1")
        #expect((try? JSONValue(parsing: refused.response.body))?["code"] == "overloaded")
        let page = await stage.answer("GET", "/page")
        #expect(
            page.response.status == 503 && String(decoding: page.response.body, as: UTF8.self) == "<p>overloaded</p>")
        #expect(await stage.answer("GET", "/healthz").response.status == 200)
        stage.load.end(.read)
        #expect(await stage.answer("GET", "/list").response.status == 200)
    }

    @Test func `who was admitted and finds the node full when its body has come is refused then`() async {
        let stage = Standing([
            Route("GET", "/list", "Lists", tag: "t", access: .everyone, answers: []) { _ in .text("well") }
        ])
        guard case .accept = stage.edge.admit(HTTPRequest("GET", "/list").head) else {
            Issue.record("it was not admitted")
            return
        }
        _ = fill(stage.load, .read)
        let response = await stage.edge.respond(to: HTTPRequest("GET", "/list"))
        #expect(response.status == 503)
        #expect(response.headers["X-Content-Type-Options"] == "nosniff")
    }

    @Test func `a request that failed is over, too`() async {
        struct Broken: Error {}
        let stage = Standing([
            Route("GET", "/list", "Lists", tag: "t", access: .everyone, answers: []) { _ in throw Broken() }
        ])
        for _ in 0..<300 { #expect(await stage.answer("GET", "/list").response.status == 500) }
        #expect(fill(stage.load, .read) == 128)
    }
}
