public import Identity
private import JSON
public import Kernel

/// Finds the route of a request, proves who asks, checks the input, and turns every fault into a problem.
///
/// Faults have this precedence: unknown path (404), method (405), body too large (413), who asks (401, 403), a page's
/// forged form (403), media type (415), malformed input (400), and then the handler's own.
public struct Router: HTTPHandler {
    /// What it serves.
    public let routes: [Route]
    private let tree: RouteTree
    private let authenticator: (any Authenticator)?
    private let middleware: [any Middleware]
    private let log: Log

    /// Serves `routes`; the first of `middleware` stands outermost, inside authentication.
    public init(
        routes: [Route], authenticator: (any Authenticator)?, middleware: [any Middleware] = [], log: Log
    ) {
        self.routes = routes
        self.tree = RouteTree(routes)
        self.authenticator = authenticator
        self.middleware = middleware
        self.log = log
    }

    /// Refuses unknown paths and methods before a body is read.
    public func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        switch route(of: head) {
        case .success(let route): .accept(bodyBytesMax: route.bodyBytesMax)
        case .failure(let problem): .refuse(problem.response(requestID: head.requestID))
        }
    }

    /// The route that a head leads to, or the problem that there is none (404) or that it takes another method (405).
    public func route(of head: HTTPRequestHead) -> Result<Route, Problem> { find(head).map(\.route) }

    /// Answers.
    public func respond(to request: HTTPRequest) async -> HTTPResponse { await answer(request).response }

    /// Answers, and tells by which route; nil where there is none.
    public func answer(_ request: HTTPRequest) async -> (response: HTTPResponse, route: Route?) {
        let log = log.with(["request_id": .string(request.head.requestID)])
        var response: HTTPResponse
        var route: Route?
        do {
            let match = try find(request.head).get()
            route = match.route
            response = try await answer(request, by: match, log: log)
        } catch {
            let problem = Self.problem(of: error, log: log)
            response =
                route?.door?.page(of: problem, for: request) ?? problem.response(requestID: request.head.requestID)
        }
        response.headers["X-Request-Id"] = request.head.requestID
        return (response, route)
    }

    /// The path of the route that a head leads to, `/api/orders/{id}`; nil where there is none.
    public func template(of head: HTTPRequestHead) -> String? {
        guard case .success(let route) = route(of: head) else { return nil }
        return route.path
    }

    private func answer(_ request: HTTPRequest, by match: RouteTree.Match, log: Log) async throws -> HTTPResponse {
        let route = match.route
        guard request.body.count <= route.bodyBytesMax else { throw Problem.bodyTooLarge(route.bodyBytesMax) }
        var context = RequestContext(
            request: request, route: route, parameters: match.parameters, json: .null, principal: nil, log: log)
        context.principal = try await principal(of: request, for: route)
        try route.door?.requireOwnForm(request)
        try Self.checkMediaType(of: request, for: route)
        try route.check(query: request.head.query)
        context.json = try Self.body(of: request, for: route)
        var handler = route.handler
        for layer in middleware.reversed() {
            let next = handler
            handler = { context in try await layer.respond(to: context, next: next) }
        }
        return try await handler(context)
    }

    private func find(_ head: HTTPRequestHead) -> Result<RouteTree.Match, Problem> {
        tree.find(method: head.method, path: head.path)
    }

    private func principal(of request: HTTPRequest, for route: Route) async throws -> Principal? {
        guard case .roles(let allowed) = route.access else { return nil }
        let challenge: HTTPHeaders = ["WWW-Authenticate": "Bearer"]
        let sent = if let door = route.door { door.token(of: request) } else { Self.bearerToken(of: request) }
        guard let token = sent, let authenticator else { throw Problem.notLoggedIn }
        guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let principal = try await authenticator.principal(bearerToken: token)
        else {
            throw Problem(
                status: 401, code: "token_not_valid", detail: "The token is unknown or expired; log in again.",
                headers: challenge)
        }
        guard allowed.contains(principal.role) else {
            throw Problem(status: 403, code: "not_allowed", detail: "This account may not do that.")
        }
        return principal
    }

    private static func bearerToken(of request: HTTPRequest) -> String? {
        let fields = request.head.headers.values("Authorization")
        // Of several nobody knows which is meant.
        guard fields.count == 1, fields[0].lowercased().hasPrefix("bearer ") else { return nil }
        return String(fields[0].dropFirst(7).drop { $0 == " " })
    }

    private static func checkMediaType(of request: HTTPRequest, for route: Route) throws {
        guard route.body != nil else { return }
        guard MediaType(request.head.headers)?.isJSON == true else {
            throw Problem(
                status: 415, code: "media_type_not_supported", detail: "Send the body as application/json, in UTF-8.")
        }
        guard request.head.headers.values("Content-Encoding").allSatisfy({ $0.lowercased() == "identity" }) else {
            throw Problem(
                status: 415, code: "coding_not_supported", detail: "Send the body as it is, without a Content-Encoding."
            )
        }
    }

    private static func body(of request: HTTPRequest, for route: Route) throws -> JSONValue {
        guard let schema = route.body else {
            guard !route.takesRawBody, !request.body.isEmpty else { return .null }
            guard let json = try? JSONValue(parsing: request.body), json == [:] else {  // Why does not matter.
                throw Problem.invalidInput([
                    FieldError(field: "", code: "not_allowed", detail: "must be empty, or an empty object")
                ])
            }
            return .null
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: request.body)
        } catch {
            throw Problem.invalidInput([FieldError(field: "", code: "malformed", detail: "\(error)")])
        }
        let faults = schema.faults(in: value)
        if !faults.isEmpty { throw Problem.invalidInput(faults) }
        return value
    }

    /// The face of a fault; faults of ours are logged with their kind, never with their data.
    private static func problem(of error: any Error, log: Log) -> Problem {
        if let error = error as? any ProblemConvertible {
            let problem = error.problem
            log.log(
                error.logLevel, "request_refused",
                ["code": .string(problem.code), "status": .int(Int64(problem.status))])
            return problem
        }
        if error is CancellationError { return Problem.unavailable("The request was cancelled.") }
        log.error("request_failed", ["error": .string(kind(of: error))])
        return Problem(status: 500, code: "internal_error", detail: "A fault of ours; it has been logged.")
    }

    /// An error's type and case, without what the case carries.
    private static func kind(of error: any Error) -> String {
        let mirror = Mirror(reflecting: error)
        let type = String(describing: type(of: error))
        guard mirror.displayStyle == .enum else { return type }
        return "\(type).\(mirror.children.first?.label ?? String(describing: error))"
    }
}

extension Problem {
    /// 413.
    public static func bodyTooLarge(_ bytesMax: Int) -> Problem {
        Problem(
            status: 413, code: "body_too_large",
            detail: bytesMax == 0 ? "This request takes no body." : "The body may have at most \(bytesMax) bytes.")
    }
}
