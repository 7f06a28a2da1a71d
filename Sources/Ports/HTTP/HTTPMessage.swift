public import JSON

/// A request's line and header fields, before its body is read.
public struct HTTPRequestHead: Sendable {
    /// The method in upper case; not necessarily one that we know.
    public var method: String
    /// The path as sent, percent-encoded, without the query; begins with `/`.
    public var path: String
    /// The query as sent, without `?`; empty when there is none.
    public var query: String
    /// The header fields.
    public var headers: HTTPHeaders
    /// The client's address: the peer's as the socket tells it, or, where the peer is a trusted proxy, whom it speaks
    /// for.
    public var remoteAddress: String
    /// Whether the client's own connection is encrypted, to us or to a trusted proxy.
    public var isEncrypted: Bool
    /// The id of this request: the caller's `X-Request-Id` where it is fit, else our own.
    public var requestID: String

    /// A head of these parts.
    public init(
        method: String, path: String, query: String = "", headers: HTTPHeaders = [:],
        remoteAddress: String = "127.0.0.1", isEncrypted: Bool = false, requestID: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.remoteAddress = remoteAddress
        self.isEncrypted = isEncrypted
        self.requestID = requestID
    }
}

/// A whole request as a server got it.
public struct HTTPRequest: Sendable {
    /// The line and the fields.
    public var head: HTTPRequestHead
    /// The body as sent, no larger than the handler admitted.
    public var body: [UInt8]

    /// A request of these parts.
    public init(head: HTTPRequestHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }

    /// A request by method and target (`/path?query`), for tests and transports within the process.
    public init(_ method: String, _ target: String, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        head = HTTPRequestHead(
            method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", headers: headers)
        self.body = body
    }
}

/// An answer.
public struct HTTPResponse: Sendable {
    /// The status code. 0 is no answer at all: a server closes the connection, as a sandbox's broken line wants it.
    public var status: Int
    /// The header fields; the length is the server's business.
    public var headers: HTTPHeaders
    /// The body, or its beginning when more is streamed.
    public var body: [UInt8]
    /// What follows the body, made while it is sent; nil where `body` is all.
    public var stream: HTTPBodyStream?

    /// An answer of these parts.
    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = [], stream: HTTPBodyStream? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.stream = stream
    }

    /// No answer: the server breaks the connection. For sandboxes that play a lost answer; nothing else uses it.
    public static let connectionBroken = HTTPResponse(status: 0)

    /// A JSON answer.
    public static func json(_ value: JSONValue, status: Int = 200, headers: HTTPHeaders = [:]) -> HTTPResponse {
        var response = HTTPResponse(status: status, headers: headers, body: value.bytes())
        response.headers["Content-Type"] = "application/json"
        return response
    }

    /// A page.
    public static func html(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "text/html; charset=utf-8"], body: Array(text.utf8))
    }

    /// Plain text.
    public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8))
    }
}
