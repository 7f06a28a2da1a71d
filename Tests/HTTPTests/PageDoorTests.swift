import HTTP
import Identity
import JSON
import KernelTesting
import Testing

/// Takes the token from `X-Ticket`, refuses forms that say `forged`, and shows problems as JSON of its own.
private struct TestDoor: PageDoor {
    func token(of request: HTTPRequest) -> String? { request.head.headers["X-Ticket"] }

    func requireOwnForm(_ request: HTTPRequest) throws(Problem) {
        if request.head.query == "forged=1" { throw Problem(status: 403, code: "forged", detail: "No.") }
    }

    func page(of problem: Problem, for request: HTTPRequest) -> HTTPResponse {
        .json(["page": .string(problem.code), "for": .string(request.head.path)], status: 303)
    }
}

@Suite struct PageDoorTests {
    private let routed = Routed([
        .echo("GET", "/api", access: .roles([.operator])), page("GET", access: .roles([.operator])),
        page("POST", access: .everyone),
    ])

    private static func page(_ method: String, access: Access) -> Route {
        Route(
            method, "/page", "A page.", tag: "Test", access: access, repeats: .harmless, answers: [], listed: false,
            door: TestDoor()
        ) { context in
            if context.query("fails") != nil { throw Problem.notFound("thing") }
            return .json(["user": JSONValue(context.principal?.userID)])
        }
    }

    @Test func `a page takes its token at the door, and the API does not`() async throws {
        let ticket: HTTPHeaders = ["X-Ticket": "operator-token"]
        #expect(try await routed.answer("GET", "/page", headers: ticket).json["user"] == "u2")
        #expect(try await routed.answer("GET", "/api", headers: ticket).code == "not_logged_in")
        let bearer: HTTPHeaders = ["Authorization": "Bearer operator-token"]
        #expect(try await routed.answer("GET", "/page", headers: bearer).json["page"] == "not_logged_in")
        #expect(try await routed.answer("GET", "/api", headers: bearer).json["user"] == "u2")
    }

    @Test(arguments: [
        ("GET", "/page", "", "not_logged_in"), ("GET", "/page", "unknown", "token_not_valid"),
        ("GET", "/page", "buyer-token", "not_allowed"), ("GET", "/page", "away", "internal_error"),
        ("GET", "/page?fails=1", "operator-token", "thing_not_found"), ("POST", "/page?forged=1", "", "forged"),
        ("GET", "/page?forged=1", "", "not_logged_in"), ("GET", "/page?%zz", "operator-token", "invalid_input"),
    ])
    func `every refusal of a page has the door's face`(
        method: String, target: String, ticket: String, code: String
    ) async throws {
        let answered = try await routed.answer(method, target, headers: ticket.isEmpty ? [:] : ["X-Ticket": ticket])
        #expect(answered.status == 303)
        #expect(answered.json["page"]?.string == code)
        #expect(answered.json["for"] == "/page")
        #expect(answered.response.headers["X-Request-Id"] == "req_1")
    }
}
