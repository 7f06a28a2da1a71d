import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

/// Knows `buyer-token` and `operator-token`, and is away when asked for `away`.
struct FakeAuthenticator: Authenticator {
    struct Away: Error {}

    func principal(bearerToken: String) async throws -> Principal? {
        switch bearerToken {
        case "buyer-token": Principal(userID: "u1", role: .buyer)
        case "operator-token": Principal(userID: "u2", role: .operator)
        case "away": throw Away()
        default: nil
        }
    }
}

/// A router over `routes`, and what it logged.
struct Routed {
    let log = LogRecorder()
    let router: Router

    init(
        _ routes: [Route], middleware: [any Middleware] = [], authenticator: (any Authenticator)? = FakeAuthenticator()
    ) {
        router = Router(
            routes: routes, authenticator: authenticator, middleware: middleware, log: log.log(clock: ManualClock()))
    }

    /// What a server would answer: it asks for admission first.
    func answer(
        _ method: String, _ target: String, headers: HTTPHeaders = [:], body: String = "", requestID: String = "req_1"
    ) async throws -> Answered {
        var request = HTTPRequest(method, target, headers: headers, body: Array(body.utf8))
        request.head.requestID = requestID
        switch router.admit(request.head) {
        case .refuse(let response): return try Answered(response)
        case .accept: return try Answered(await router.respond(to: request))
        }
    }
}

/// An answer and the JSON in it.
struct Answered {
    let response: HTTPResponse
    let json: JSONValue

    init(_ response: HTTPResponse) throws {
        self.response = response
        json = response.body.isEmpty ? .null : try JSONValue(parsing: response.body)
    }

    var status: Int { response.status }
    var code: String? { json["code"]?.string }
    /// `field: code` of each fault.
    var faults: [String] {
        (json["errors"]?.array ?? []).map { "\($0["field"]?.string ?? "") \($0["code"]?.string ?? "")" }
    }
}

extension Route {
    /// A route that answers its own method and path, and its parameters.
    static func echo(
        _ method: String, _ path: String, access: Access = .everyone, queries: [Query] = [], body: Schema? = nil,
        bodyBytesMax: Int? = nil, listed: Bool = true
    ) -> Route {
        Route(
            method, path, "Echoes.", tag: "Test", access: access, queries: queries, body: body,
            bodyBytesMax: bodyBytesMax, answers: [.init(200, "The echo.")], listed: listed
        ) { context in
            let parameters = context.parameters.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
            return .json([
                "route": .string("\(method) \(path)"), "parameters": .object(JSONObject(parameters)),
                "body": context.json, "user": JSONValue(context.principal?.userID),
                "q": JSONValue(context.query("q")),
            ])
        }
    }

    /// A route whose handler throws.
    static func failing(_ error: any Error & Sendable) -> Route {
        Route("GET", "/fails", "Fails.", tag: "Test", access: .everyone, answers: []) { _ in throw error }
    }
}
