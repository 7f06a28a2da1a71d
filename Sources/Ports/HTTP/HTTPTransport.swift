/// A request that we send to somebody.
public struct HTTPClientRequest: Sendable {
    /// `GET`, `POST`, `DELETE`.
    public var method: String
    /// The whole address, `https://api.stripe.com/v1/customers`.
    public var url: String
    /// The header fields; may hold secrets, so a request is never logged whole.
    public var headers: HTTPHeaders
    /// The body.
    public var body: [UInt8]
    /// How long the whole exchange may take.
    public var timeout: Duration
    /// The most that is read of the answer's body.
    public var responseBytesMax: Int

    /// A request of these parts.
    public init(
        method: String, url: String, headers: HTTPHeaders = [:], body: [UInt8] = [], timeout: Duration = .seconds(80),
        responseBytesMax: Int = 16 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.responseBytesMax = responseBytesMax
    }
}

/// Why there is no answer. Only `notSent` says that the other side did nothing (law 3).
public enum HTTPTransportError: Error, Equatable {
    /// Nothing reached the other side: no address, connection refused, TLS failed.
    case notSent(reason: String)
    /// The time ran out; the other side may have acted.
    case timeout
    /// The connection broke after sending began; the other side may have acted.
    case lost(reason: String)
    /// The answer is larger than was allowed; the other side acted.
    case answerTooLarge
    /// The task was cancelled; the other side may have acted.
    case cancelled
}

/// Sends requests: libcurl, or a sandbox in the same process.
public protocol HTTPTransport: Sendable {
    /// The answer, of any status. Follows no redirect. Does not retry.
    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse
}
