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

    /// For a second, has `count` requests begin together every quarter of a second, and end after so many milliseconds.
    private func work(_ gate: LoadGate, _ count: Int, takingMs busy: Int64) {
        for _ in 0..<4 {
            for _ in 0..<count { #expect(gate.begin(.webhook)) }
            clock.advance(by: .milliseconds(busy))
            for _ in 0..<count { gate.end(.webhook) }
            clock.advance(by: .milliseconds(250 - busy))
        }
    }

    @Test func `an idle node takes so many of each class, and reading gives up before writing, and that before events`()
    {
        let gate = LoadGate(clock: clock)
        #expect(fill(gate, .read) == 32)
        #expect(gate.isFull(.page) && !gate.isFull(.write))
        #expect(fill(gate, .write) == 64)
        #expect(gate.isFull(.login) && !gate.isFull(.webhook))
        #expect(fill(gate, .webhook) == 416)
        #expect(gate.isFull(.webhook))
        // Four classes were found full once more than here: every refusal counts.
        #expect(gate.refusedCount == 6)
    }

    @Test func `health is never refused, and what waits for Stripe stands in a line of its own`() {
        let gate = LoadGate(clock: clock)
        _ = fill(gate, .webhook)
        #expect(!gate.isFull(.free) && gate.begin(.free))
        gate.end(.free)
        // Who asks for health and is not answered takes nobody's place.
        #expect(fill(gate, .free, atMost: 1_000) == 1_000)
        #expect(fill(gate, .payment) == 512)
        #expect(gate.isFull(.checkout) && !gate.isFull(.free))
        gate.end(.checkout)
        #expect(gate.begin(.payment))
    }

    @Test func `who is fast takes as many as it finishes within the class's patience`() {
        let gate = LoadGate(clock: clock)
        // 500 in each 49 milliseconds of work: 10,000 a second, in all four quarters and the least that is counted as busy.
        work(gate, 500, takingMs: 49)
        #expect(fill(gate, .read) == 500)
        #expect(fill(gate, .write) == 1_500)
        #expect(fill(gate, .webhook) == 3_000)
    }

    @Test func `who works little is not taken for slow: only the time counts in which there was something to do`() {
        let (calm, busy) = (LoadGate(clock: clock), LoadGate(clock: clock))
        // Both do 4,000 a second while they work.
        work(calm, 100, takingMs: 24)
        #expect(fill(calm, .read) == 200)
        work(busy, 500, takingMs: 124)
        #expect(fill(busy, .read) == 200)
    }

    @Test func `who is slow takes the least, however many wait already`() {
        let gate = LoadGate(clock: clock)
        work(gate, 20, takingMs: 200)
        #expect(fill(gate, .read) == 32)
        // Nothing is finished for long: the pace falls, and no more are let in.
        clock.advance(by: .seconds(30))
        #expect(!gate.begin(.read) && gate.isFull(.page))
        for _ in 0..<32 { gate.end(.read) }
        #expect(fill(gate, .read) == 32)
    }

    @Test func `a pace of two seconds ago is forgotten, also when the clock is set back`() {
        let gate = LoadGate(clock: clock)
        work(gate, 500, takingMs: 49)
        clock.advance(by: .milliseconds(900))
        #expect(fill(gate, .read) == 500)
        for _ in 0..<500 { gate.end(.read) }
        clock.advance(by: .seconds(3))
        #expect(fill(gate, .read) == 32)
        for _ in 0..<32 { gate.end(.read) }
        work(gate, 500, takingMs: 49)
        clock.advance(by: .seconds(-3_600))
        #expect(fill(gate, .read) == 32)
    }

    @Test func `who read the clock before others and comes after them does not make it forget its pace`() {
        let gate = LoadGate(clock: clock)
        work(gate, 500, takingMs: 49)
        for _ in 0..<100 {
            #expect(gate.begin(.read))
            clock.advance(by: .milliseconds(-1))
            gate.end(.read)
            clock.advance(by: .milliseconds(1))
        }
        #expect(fill(gate, .read) >= 500)
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
            Route("POST", "/list", "Adds", tag: "t", access: .everyone, repeats: .harmless, answers: []) { _ in
                .text("well")
            }
        ])
        let request = HTTPRequest("POST", "/list", headers: ["Content-Length": "4"], body: Array("body".utf8))
        guard case .accept = stage.edge.admit(request.head) else {
            Issue.record("it was not admitted")
            return
        }
        _ = fill(stage.load, .write)
        let response = await stage.edge.respond(to: request)
        #expect(response.status == 503)
        #expect(response.headers["X-Content-Type-Options"] == "nosniff")
    }

    @Test func `who was let in without a body counts before it has a thread, and is not refused any more`() async {
        let stage = Standing([
            Route("GET", "/list", "Lists", tag: "t", access: .everyone, answers: []) { _ in .text("well") }
        ])
        var heads: [HTTPRequestHead] = []
        for number in 1...33 {
            var head = HTTPRequest("GET", "/list").head
            head.requestID = "req_\(number)"
            heads.append(head)
        }
        let answers = heads.map { stage.edge.admit($0) }
        #expect(
            answers.map { if case .accept = $0 { true } else { false } } == Array(repeating: true, count: 32) + [false])
        for head in heads.prefix(32) {
            #expect(await stage.edge.respond(to: HTTPRequest(head: head)).status == 200)
        }
        stage.clock.advance(by: .seconds(3))
        #expect(fill(stage.load, .read) == 32)
    }

    @Test(
        arguments: [["Content-Length": "1"], ["Transfer-Encoding": "chunked"], ["Content-Length": "00"]]
            as [HTTPHeaders])
    func `a request whose body is still to come keeps nobody out, also where none is wanted`(headers: HTTPHeaders) async
    {
        let stage = Standing([
            Route("GET", "/list", "Lists", tag: "t", access: .everyone, answers: []) { _ in .text("well") }
        ])
        for number in 1...1_000 {
            var head = HTTPRequest("GET", "/list", headers: headers).head
            head.requestID = "req_\(number)"
            guard case .accept = stage.edge.admit(head) else {
                Issue.record("the \(number)th was not admitted")
                return
            }
        }
        #expect(fill(stage.load, .read) == 32)
        #expect(fill(stage.load, .webhook) == 480)
    }

    @Test func `who was let in and left before it began is not waited for for ever`() {
        let gate = LoadGate(clock: clock)
        for number in 1...32 { #expect(gate.admit(.read, "req_\(number)", isWhole: true)) }
        #expect(!gate.begin(.read, "req_0"))
        clock.advance(by: .milliseconds(4_900))
        #expect(gate.isFull(.read))
        clock.advance(by: .milliseconds(250))
        #expect(gate.begin(.read, "req_0"))
        // What waits for Stripe has its own line, and bodies that are on their way count when they have come.
        #expect(gate.admit(.payment, "req_33", isWhole: true) && gate.admit(.write, "req_34", isWhole: false))
        #expect(fill(gate, .read) == 31)
    }

    @Test func `a request that failed is over, too`() async {
        struct Broken: Error {}
        let stage = Standing([
            Route("GET", "/list", "Lists", tag: "t", access: .everyone, answers: []) { _ in throw Broken() }
        ])
        for _ in 0..<300 { #expect(await stage.answer("GET", "/list").response.status == 500) }
        stage.clock.advance(by: .seconds(3))
        #expect(fill(stage.load, .read) == 32)
    }
}

extension LoadGate {
    /// Whether a request of a class would be refused now.
    fileprivate func isFull(_ kind: RateClass) -> Bool { !admit(kind, "asked", isWhole: false) }
}
