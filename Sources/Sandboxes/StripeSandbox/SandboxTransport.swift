public import HTTP
public import Kernel

/// Sends requests to handlers within this process: a whole system then runs without sockets.
///
/// Any handler may be called. A sandbox that wants to be late, or to break the connection, says so by the status 0
/// and by the header fields named here, none of which reach the caller:
/// - the request carries `inProcessHeader`: whoever sees it does not sleep, but names its lateness in `delayHeader`,
///   so that a time-out is decided here, once, and the same in every run;
/// - status 0 is no answer: the connection broke (`lost`), or with `fateHeader` it never came about (`notSent`).
public struct SandboxTransport: HTTPTransport {
    /// Tells a handler that it is called within the process.
    public static let inProcessHeader = "X-Sandbox-In-Process"
    /// How many milliseconds the answer is late.
    public static let delayHeader = "X-Sandbox-Delay-Ms"
    /// `not-sent` beside the status 0: there was no connection.
    public static let fateHeader = "X-Sandbox-Fate"

    private let hosts: [String: any HTTPHandler]
    private let clock: any WallClock

    /// A transport to the handlers of these origins (`https://api.stripe.com`); others cannot be reached. The clock is
    /// the handlers' own.
    public init(hosts: [String: any HTTPHandler], clock: any WallClock) {
        self.hosts = hosts
        self.clock = clock
    }

    /// The handler's answer. Throws `timeout` when it is later than the request waits (the effect is done), `lost` when
    /// the connection was made to break, `notSent` for an origin without a handler and for a refused connection,
    /// `answerTooLarge` and `cancelled`.
    public func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        if Task.isCancelled { throw .cancelled }
        guard let (origin, target) = Self.split(request.url), let handler = hosts[origin] else {
            throw .notSent(reason: "no handler for this origin")
        }
        var inner = HTTPRequest(request.method, target, headers: request.headers, body: request.body)
        inner.head.headers[Self.inProcessHeader] = "1"
        inner.head.headers["Host"] = String(origin.drop { $0 != "/" }.dropFirst(2))
        let sentAt = clock.now()
        var response: HTTPResponse
        switch handler.admit(inner.head) {
        case .refuse(let refusal): response = refusal
        case .accept(let bodyBytesMax) where inner.body.count > bodyBytesMax: response = HTTPResponse(status: 413)
        case .accept: response = await handler.respond(to: inner)
        }
        if let late = response.headers[Self.delayHeader].flatMap({ Int64($0) }) {
            try await sleep(min(.milliseconds(late), request.timeout))
            if .milliseconds(late) >= request.timeout { throw .timeout }
        } else if clock.now().since(sentAt) > request.timeout {
            throw .timeout
        }
        guard response.status != 0 else {
            if response.headers[Self.fateHeader] == "not-sent" { throw .notSent(reason: "connection refused") }
            throw .lost(reason: "connection reset")
        }
        guard response.body.count <= request.responseBytesMax else { throw .answerTooLarge }
        response.headers[Self.delayHeader] = nil
        return response
    }

    private func sleep(_ duration: Duration) async throws(HTTPTransportError) {
        do { try await clock.sleep(for: duration) } catch { throw .cancelled }
    }

    /// The origin of an address, and its path with the query.
    private static func split(_ url: String) -> (origin: String, target: String)? {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].hasSuffix(":"), parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        // A query may follow the host at once.
        let host = parts[2].prefix { $0 != "?" && $0 != "#" }
        let rest = parts.count > 3 ? "/" + parts[3] : "/" + parts[2].dropFirst(host.count)
        return ("\(parts[0])//\(host)", String(rest.prefix { $0 != "#" }))
    }
}
