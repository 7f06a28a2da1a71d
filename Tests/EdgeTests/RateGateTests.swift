import Brakes
import Edge
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// S2-AUTH-08, S2-HOOK-04: who has used up its share is refused before its body is read, and Stripe never is.
@Suite struct RateGateTests {
    private static let limits = RateLimits(
        byAddress: [
            .read: Rate(burst: 3, perMinute: 60), .write: Rate(burst: 2, perMinute: 6),
            .page: Rate(burst: 1, perMinute: 1), .webhook: Rate(burst: 2, perMinute: 6),
        ],
        byAccount: [.read: Rate(burst: 2, perMinute: 6)])
    private static let hook = Route(
        "POST", "/hook", "Hook.", tag: "Test", access: .signature, bodyBytesMax: 100, repeats: .harmless, answers: []
    ) { context in
        guard context.request.head.headers["Signature"] == "good" else { throw Standing.Forged() }
        return .json(["status": "ok"])
    }
    private let standing = Standing(
        [
            .says("GET", "/things"), .says("POST", "/things"), .says("GET", "/mine", access: .authenticated),
            .says("GET", "/page", type: "text/html", listed: false, door: Standing.Door()),
            .says("GET", "/alive", rateClass: .free), hook,
        ], limits: limits)

    @Test func `beyond the share it is 429 before the body is read, and later there is some again`() async throws {
        for _ in 0..<2 { #expect(await standing.status("POST", "/things") == 200) }
        let (refused, isAdmitted) = await standing.answer("POST", "/things")
        #expect(!isAdmitted)
        #expect(refused.status == 429)
        #expect(refused.headers["Content-Type"] == "application/problem+json")
        #expect(refused.headers["Retry-After"] == "10")
        #expect(refused.headers["X-Content-Type-Options"] == "nosniff")
        let problem = try JSONValue(parsing: refused.body)
        #expect(problem["code"] == "rate_limited")
        #expect(problem["request_id"] == "req_1")
        standing.clock.advance(by: .seconds(10))
        #expect(await standing.status("POST", "/things") == 200)
        #expect(await standing.status("POST", "/things") == 429)
    }

    @Test func `each class and each address has its own share`() async {
        for _ in 0..<3 { _ = await standing.status("POST", "/things") }
        #expect(await standing.status("POST", "/things") == 429)
        #expect(await standing.status("GET", "/things") == 200)
        #expect(await standing.status("POST", "/things", from: "192.0.2.2") == 200)
        #expect(await standing.status("POST", "/things", from: "::ffff:192.0.2.1") == 429)
        for last in 1...2 { #expect(await standing.status("POST", "/things", from: "2001:db8::\(last)") == 200) }
        #expect(await standing.status("POST", "/things", from: "2001:db8::3") == 429)
        #expect(await standing.status("POST", "/things", from: "2001:db8:0:1::3") == 200)
    }

    @Test func `what does not count is never refused, nor counted`() async {
        for _ in 0..<20 {
            #expect(await standing.status("GET", "/alive") == 200)
            #expect(await standing.status("GET", "/nowhere") == 404)
            #expect(await standing.status("PUT", "/things") == 405)
        }
        #expect(await standing.status("GET", "/things") == 200)
    }

    @Test func `an account has one share, from wherever it asks`() async throws {
        func asks(_ token: String, from address: String) async -> (response: HTTPResponse, isAdmitted: Bool) {
            await standing.answer("GET", "/mine", ["Authorization": "Bearer \(token)"], from: address)
        }
        for last in 1...2 { #expect(await asks("u1", from: "192.0.2.\(last)").response.status == 200) }
        let refused = await asks("u1", from: "192.0.2.3")
        #expect(refused.isAdmitted)
        #expect(refused.response.status == 429)
        #expect(refused.response.headers["Retry-After"] == "10")
        #expect(await asks("u2", from: "192.0.2.3").response.status == 200)
        #expect(standing.refusals == ["kessai_http_refusals_total{code=\"rate_limited\"} 1"])
        // Who is nobody has none: only the address counts.
        #expect(await asks("x", from: "192.0.2.4").response.status == 401)
    }

    @Test func `a page's refusal is a page`() async {
        _ = await standing.answer("GET", "/page")
        let refused = await standing.answer("GET", "/page").response
        #expect(refused.status == 429)
        #expect(String(decoding: refused.body, as: UTF8.self) == "<p>rate_limited</p>")
        #expect(refused.headers["Retry-After"] == "60")
    }

    @Test func `signed messages are never refused, however many and whatever else comes from their address`() async {
        for _ in 0..<50 { #expect(await standing.status("POST", "/hook", ["Signature": "good"]) == 200) }
        for _ in 0..<2 { #expect(await standing.status("POST", "/hook", ["Signature": "forged"]) == 400) }
        let refused = await standing.answer("POST", "/hook", ["Signature": "forged"])
        #expect(refused.response.status == 429)
        #expect(refused.response.headers["Retry-After"] == "10")
        // What brings no signature at all is not read any more.
        let empty = await standing.answer("POST", "/hook")
        #expect(empty.response.status == 429)
        #expect(!empty.isAdmitted)
        for _ in 0..<50 { #expect(await standing.status("POST", "/hook", ["Signature": "good"]) == 200) }
        // Elsewhere nothing was used up.
        #expect(await standing.status("POST", "/hook", ["Signature": "forged"], from: "192.0.2.9") == 400)
        #expect(await standing.status("POST", "/things") == 200)
    }

    @Test func `refusals are told once in ten seconds for each kind, without the address`() async throws {
        for _ in 0..<9 { _ = await standing.status("POST", "/things") }
        _ = await standing.status("GET", "/page")
        _ = await standing.status("GET", "/page")
        var lines = standing.log.lines(of: "rate_limited")
        #expect(lines.map { $0["class"] } == ["write", "page"])
        #expect(lines.map { $0["refused"] } == [1, 1])
        standing.clock.advance(by: .milliseconds(9_999))
        _ = await standing.status("POST", "/things")
        #expect(standing.log.lines(of: "rate_limited").count == 2)
        standing.clock.advance(by: .milliseconds(1))
        for _ in 0..<3 { _ = await standing.status("POST", "/things") }
        lines = standing.log.lines(of: "rate_limited")
        #expect(lines.count == 3)
        // Six that were not told, one within the ten seconds, and this one.
        let last = try #require(lines.last)
        #expect(last["refused"] == 8)
        #expect(last["by"] == "address")
        #expect(last.level == .warning)
        #expect(!last.json.contains("192.0.2"))
    }

    @Test func `without limits nobody is refused`() async {
        let open = Standing([.says("POST", "/things")])
        for _ in 0..<1_000 { #expect(await open.status("POST", "/things") == 200) }
    }

    @Test func `the usual limits know every class but the free one`() {
        let usual = RateLimits.usual
        #expect(Set(usual.byAddress.keys) == Set(RateClass.allCases).subtracting([.free]))
        // Fewer than may be hashed or wait at once, so that one address cannot fill the queue of log-ins.
        #expect((usual.byAddress[.login]?.burst ?? .max) < 34)
        let tenth = usual.scaled(by: 0.1)
        #expect(tenth.byAddress[.read] == Rate(burst: 60, perMinute: 300))
        #expect(tenth.byAccount[.payment] == Rate(burst: 3, perMinute: 6))
    }
}
