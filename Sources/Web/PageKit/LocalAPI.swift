public import HTTP
public import JSON
public import Kernel

/// The API as pages call it: within the process, by its own routes.
public struct LocalAPI: Sendable {
    private let handler: any HTTPHandler

    /// Calls this router, which must not be the one that serves the pages themselves.
    public init(_ handler: any HTTPHandler) { self.handler = handler }

    /// What the API answered.
    public struct Answer: Sendable {
        /// The status, 200 to 299.
        public let status: Int
        /// The body; `null` when it is not JSON.
        public let json: JSONValue
        /// The header fields.
        public let headers: HTTPHeaders
    }

    /// Sends a request in the visitor's name and from their address, so that brakes and logs see who it is.
    ///
    /// `key` is the `Idempotency-Key` of a form: what is sent twice under it is done once. A refusal is thrown as the
    /// `Problem` that it is.
    public func send(
        _ method: String, _ path: String, _ query: String = "", _ body: JSONValue?, _ context: RequestContext,
        token: Secret?, key: String? = nil
    ) async throws -> Answer {
        var head = context.request.head
        head.method = method
        head.path = path
        head.query = query
        for name in ["Cookie", "Content-Length", "Content-Type", "Idempotency-Key", "Authorization"] {
            head.headers[name] = nil
        }
        if let token { head.headers["Authorization"] = "Bearer \(token.reveal())" }
        if let key { head.headers["Idempotency-Key"] = key }
        if body != nil { head.headers["Content-Type"] = "application/json" }
        let response = await handler.respond(to: HTTPRequest(head: head, body: body?.bytes() ?? []))
        let json = (try? JSONValue(parsing: response.body)) ?? .null  // Told by the status below.
        guard (200..<300).contains(response.status) else { throw Problem(json, response) }
        return Answer(status: response.status, json: json, headers: response.headers)
    }
}

extension Problem {
    /// The problem that an answer of the API is.
    fileprivate init(_ json: JSONValue, _ response: HTTPResponse) {
        self.init(
            status: response.status, code: json["code"]?.string ?? "unavailable",
            detail: json["detail"]?.string ?? "",
            fields: (json["errors"]?.array ?? []).map { error in
                FieldError(
                    field: error["field"]?.string ?? "", code: error["code"]?.string ?? "",
                    detail: error["detail"]?.string ?? "")
            })
        headers["Retry-After"] = response.headers["Retry-After"]
    }
}
