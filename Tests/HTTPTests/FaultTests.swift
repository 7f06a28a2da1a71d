import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

@Suite struct FaultTests {
    enum Leaking: Error {
        case plain
        case card(number: String)
    }
    struct Telling: Error, CustomStringConvertible {
        var description: String { "the password is hunter2" }
    }
    enum Business: ProblemConvertible {
        case refused
        var problem: Problem { Problem(status: 402, code: "card_refused", detail: "The card was refused.") }
        var logLevel: Log.Level { .warning }
    }

    @Test(
        arguments: [
            (Leaking.card(number: "4242424242424242"), "Leaking.card"), (Leaking.plain, "Leaking.plain"),
            (Telling(), "Telling"),
        ] as [(any Error & Sendable, String)])
    func `an unknown error is a bare 500, and its kind alone is logged`(error: any Error & Sendable, kind: String)
        async throws
    {
        let routed = Routed([.failing(error)])
        let answered = try await routed.answer("GET", "/fails")
        #expect(answered.status == 500)
        #expect(answered.code == "internal_error")
        let line = try #require(routed.log.lines(of: "request_failed").first)
        #expect(line["error"] == .string(kind))
        #expect(line["request_id"] == "req_1")
        #expect(line.level == .error)
        for text in [String(decoding: answered.response.body, as: UTF8.self), line.json] {
            #expect(!text.contains("4242"))
            #expect(!text.contains("hunter2"))
        }
    }

    @Test func `an error that chooses its face has it, and its own gravity`() async throws {
        let routed = Routed([.failing(Business.refused)])
        let answered = try await routed.answer("GET", "/fails")
        #expect(answered.status == 402)
        #expect(answered.code == "card_refused")
        let line = try #require(routed.log.lines(of: "request_refused").first)
        #expect(line.level == .warning)
        #expect(line["code"] == "card_refused")
        #expect(line["status"] == 402)
    }

    @Test(arguments: [(400, Log.Level.info), (499, .info), (500, .error), (503, .error)])
    func `a problem is as grave as its status`(status: Int, level: Log.Level) async throws {
        let routed = Routed([.failing(Problem(status: status, code: "x", detail: "x"))])
        #expect(try await routed.answer("GET", "/fails").status == status)
        #expect(routed.log.lines(of: "request_refused").first?.level == level)
    }

    @Test func `a cancelled request is 503 and no fault`() async throws {
        let routed = Routed([.failing(CancellationError())])
        let answered = try await routed.answer("GET", "/fails")
        #expect(answered.status == 503)
        #expect(answered.response.headers["Retry-After"] == "5")
        #expect(routed.log.lines.isEmpty)
    }

    @Test(arguments: ["/", "/fails", "/nothing"]) func `every answer carries its request's id`(path: String)
        async throws
    {
        let routed = Routed([.failing(Leaking.plain), .echo("GET", "/")])
        let answered = try await routed.answer("GET", path, requestID: "req_abc")
        #expect(answered.json["request_id"]?.string ?? "req_abc" == "req_abc")
        if path != "/nothing" { #expect(answered.response.headers["X-Request-Id"] == "req_abc") }
    }

    @Test func `layers stand around the handler, the first outermost`() async throws {
        struct Layer: Middleware {
            let name: String
            func respond(to context: RequestContext, next: Route.Handler) async throws -> HTTPResponse {
                var response = try await next(context)
                response.headers.add("X-Layer", name)
                return response
            }
        }
        struct Stop: Middleware {
            func respond(to context: RequestContext, next: Route.Handler) async throws -> HTTPResponse {
                if context.query("q") == "stop" { throw Problem.unavailable("Later.") }
                return try await next(context)
            }
        }
        let routed = Routed(
            [.echo("GET", "/", queries: [.init("q", .string())])],
            middleware: [Layer(name: "outer"), Stop(), Layer(name: "inner")])
        #expect(try await routed.answer("GET", "/").response.headers.values("X-Layer") == ["inner", "outer"])
        #expect(try await routed.answer("GET", "/?q=stop").status == 503)
        // They stand inside the checks: a refused request does not reach them.
        #expect(try await routed.answer("GET", "/?x=1").response.headers["X-Layer"] == nil)
    }
}
