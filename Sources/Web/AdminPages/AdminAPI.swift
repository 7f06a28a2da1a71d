internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI

/// The API as pages call it: within the process, by its own routes. A refusal is thrown as the problem that it is.
struct AdminAPI: Sendable {
    let handler: any HTTPHandler

    /// What is read.
    func get<Model: APIModel>(
        _ path: String, _ query: [(name: String, value: String?)] = [], as _: Model.Type = Model.self, for visit: Visit
    ) async throws -> Model {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(PercentCoding.encode($0))" } }
        let json = try await send("GET", path, pairs.joined(separator: "&"), nil, visit.context, token: visit.token)
        return try Model(validated: json)
    }

    /// What is done, once under the form's own key. A form without one is none of ours, and its repeat would do it again.
    @discardableResult
    func post(_ path: String, _ body: JSONValue?, for visit: Visit) async throws -> JSONValue {
        guard let key = visit.form.text("form_key") else { throw Problem.formWithoutKey }
        return try await send("POST", path, "", body, visit.context, token: visit.token, key: key)
    }

    /// What is changed; to change twice is to change once.
    @discardableResult
    func patch(_ path: String, _ body: JSONValue, for visit: Visit) async throws -> JSONValue {
        try await send("PATCH", path, "", body, visit.context, token: visit.token)
    }

    /// Sends a request in the visitor's name and from their address, so that brakes and logs see who it is.
    func send(
        _ method: String, _ path: String, _ query: String = "", _ body: JSONValue?, _ context: RequestContext,
        token: Secret?, key: String? = nil
    ) async throws -> JSONValue {
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
        return json
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
