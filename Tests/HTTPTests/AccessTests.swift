import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

@Suite struct AccessTests {
    private static let routes: [Route] = [
        .echo("GET", "/open"), .echo("GET", "/mine", access: .authenticated),
        .echo("GET", "/admin", access: .roles([.operator])), .echo("POST", "/hook", access: .signature),
    ]
    private let routed = Routed(routes)

    private func answer(_ path: String, _ authorization: String?) async throws -> Answered {
        try await routed.answer("GET", path, headers: authorization.map { ["Authorization": $0] } ?? [:])
    }

    @Test(arguments: ["Bearer buyer-token", "bearer buyer-token", "BEARER  buyer-token"])
    func `a token that is known lets in and says who`(authorization: String) async throws {
        #expect(try await answer("/mine", authorization).json["user"] == "u1")
    }

    @Test(arguments: [nil, "", "Basic dTpw", "buyer-token", "Bearerbuyer-token"])
    func `without a token it is 401 with a challenge`(authorization: String?) async throws {
        let answered = try await answer("/mine", authorization)
        #expect(answered.status == 401)
        #expect(answered.code == "not_logged_in")
        #expect(answered.response.headers["WWW-Authenticate"] == "Bearer")
    }

    @Test(arguments: ["Bearer unknown", "Bearer ", "Bearer buyer -token", "Bearer buyer-token x", "Bearer BUYER-TOKEN"])
    func `with a token that is not known it is 401 too`(authorization: String) async throws {
        let answered = try await answer("/mine", authorization)
        #expect(answered.status == 401)
        #expect(answered.code == "token_not_valid")
        #expect(answered.response.headers["WWW-Authenticate"] == "Bearer")
    }

    @Test(arguments: [
        "Bearer", "Bearer\tbuyer-token", "Bearer,buyer-token", "Bearer=buyer-token", " Bearer buyer-token",
        "Basic buyer-token, Bearer buyer-token", "Bearer\u{301} buyer-token", "ＢＥＡＲＥＲ buyer-token",
        "\"Bearer buyer-token\"",
    ])
    func `what is no bearer's field is none`(authorization: String) async throws {
        let answered = try await answer("/mine", authorization)
        #expect(answered.status == 401)
        #expect(answered.code == "not_logged_in")
    }

    @Test(arguments: [
        "Bearer buyer-token,", "Bearer \"buyer-token\"", "Bearer buyer-token\u{FFFD}", "Bearer buyer-token\u{301}",
        "Bearer \(String(repeating: "a", count: 16_000))", "Bearer buyer-token\tx",
    ])
    func `a token that nobody could have been given is not good`(authorization: String) async throws {
        let answered = try await answer("/mine", authorization)
        #expect(answered.status == 401)
        #expect(answered.code == "token_not_valid")
    }

    @Test func `of two fields nobody knows which is meant`() async throws {
        let fields = HTTPHeaders([
            ("Authorization", "Bearer buyer-token"), ("authorization", "Bearer operator-token"),
        ])
        let answered = try await routed.answer("GET", "/mine", headers: fields)
        #expect(answered.status == 401)
        #expect(answered.code == "not_logged_in")
    }

    @Test func `another role is 403`() async throws {
        let answered = try await answer("/admin", "Bearer buyer-token")
        #expect(answered.status == 403)
        #expect(answered.code == "not_allowed")
        #expect(try await answer("/admin", "Bearer operator-token").json["user"] == "u2")
    }

    @Test func `an authenticator that is away is a fault of ours, not the caller's`() async throws {
        let answered = try await answer("/mine", "Bearer away")
        #expect(answered.status == 500)
        #expect(routed.log.lines(of: "request_failed").first?["error"] == "Away")
    }

    @Test func `open routes ask nobody`() async throws {
        for authorization in [nil, "Bearer away", "Bearer unknown"] {
            let answered = try await answer("/open", authorization)
            #expect(answered.status == 200)
            #expect(answered.json["user"] == .null)
        }
        #expect(try await routed.answer("POST", "/hook").status == 200)
    }

    @Test func `without an authenticator nobody is let in`() async throws {
        let routed = Routed(Self.routes, authenticator: nil)
        let answered = try await routed.answer("GET", "/mine", headers: ["Authorization": "Bearer buyer-token"])
        #expect(answered.status == 401)
    }

    @Test func `a handler that needs somebody where anybody comes is 401`() async throws {
        let routed = Routed([
            Route("GET", "/who", "Who.", tag: "Test", access: .everyone, answers: []) { context in
                .json(.string(try context.authenticated().userID))
            }
        ])
        #expect(try await routed.answer("GET", "/who").code == "not_logged_in")
    }
}
