public import JSON
public import Kernel

/// An error's face to the caller: RFC 9457 `application/problem+json` with a stable `code`.
public struct Problem: Error, Sendable {
    /// The HTTP status.
    public var status: Int
    /// A stable word that programs match on: `order_not_found`.
    public var code: String
    /// What happened and what to do, for a person. Safe: never a secret, a path, or what was sent.
    public var detail: String
    /// The fields at fault.
    public var fields: [FieldError]
    /// Further header fields, such as `Allow` or `Retry-After`.
    public var headers: HTTPHeaders

    /// A problem of these parts.
    public init(
        status: Int, code: String, detail: String, fields: [FieldError] = [], headers: HTTPHeaders = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields
        self.headers = headers
    }

    /// What OpenAPI says of every problem.
    public static let schema = Schema.named(
        "Problem",
        .object([
            .required("type", .string()), .required("title", .string()), .required("status", .integer(400...599)),
            .required("code", .string()), .required("detail", .string(multiline: true)),
            .optional("request_id", .string()),
            .optional(
                "errors",
                .array(
                    .object([
                        .required("field", .string()), .required("code", .string()), .required("detail", .string()),
                    ]))),
        ]))

    /// The problem as an answer.
    public func response(requestID: String) -> HTTPResponse {
        var object: JSONObject = [
            "type": .string("urn:kessai:problem:\(code)"), "title": .string(Self.title(status)),
            "status": .int(Int64(status)), "code": .string(code), "detail": .string(detail),
        ]
        if !requestID.isEmpty { object["request_id"] = .string(requestID) }
        if !fields.isEmpty {
            object["errors"] = .array(
                fields.map { ["field": .string($0.field), "code": .string($0.code), "detail": .string($0.detail)] })
        }
        var response = HTTPResponse.json(.object(object), status: status, headers: headers)
        response.headers["Content-Type"] = "application/problem+json"
        SecurityHeaders.fill(&response)
        return response
    }

    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: status < 500 ? "Client Error" : "Server Error"
        }
    }
}

/// An error that chooses its own face. Every other error becomes a bare 500 and is logged as a fault of ours.
public protocol ProblemConvertible: Error {
    /// The face.
    var problem: Problem { get }
    /// How grave it is to us (law 12).
    var logLevel: Log.Level { get }
}

extension ProblemConvertible {
    /// A refusal is business: `info`.
    public var logLevel: Log.Level { .info }
}

extension Problem: ProblemConvertible {
    /// Itself.
    public var problem: Problem { self }
    /// 5xx are faults of ours.
    public var logLevel: Log.Level { status >= 500 ? .error : .info }
}

extension Problem {
    /// 400 with the fields at fault.
    public static func invalidInput(_ fields: [FieldError]) -> Problem {
        let first = fields.first.map { "\($0.field.isEmpty ? "the body" : $0.field) \($0.detail)" } ?? ""
        return Problem(
            status: 400, code: "invalid_input", detail: "The request is not valid: \(first).", fields: fields)
    }

    /// 401.
    public static let notLoggedIn = Problem(
        status: 401, code: "not_logged_in", detail: "Log in and send the token as a bearer.",
        headers: ["WWW-Authenticate": "Bearer"])

    /// 404 for a thing by its name.
    public static func notFound(_ what: String) -> Problem {
        let code = what.split(separator: " ").joined(separator: "_") + "_not_found"
        return Problem(status: 404, code: code, detail: "There is no such \(what).")
    }

    /// 503: try again later.
    public static func unavailable(_ detail: String, retryAfterSeconds: Int = 5) -> Problem {
        Problem(
            status: 503, code: "unavailable", detail: detail, headers: ["Retry-After": String(retryAfterSeconds)])
    }
}
