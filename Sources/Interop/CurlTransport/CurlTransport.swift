public import HTTP
public import Kernel
private import Threads

/// Sends requests with libcurl, all of them on one thread of its own, over a pool of connections.
///
/// Speaks HTTP/1.1 over TCP and TLS; certificates and host names are verified; redirects are not followed; cookies
/// and credentials are only those of the request's own fields. The environment's proxies are used, as by curl.
///
/// libcurl itself sends a request once more, on a fresh connection, when a connection that it had kept ends before
/// the first byte of an answer: the usual case is a peer that closed it in the moment of its reuse, but the peer may
/// have acted. That is left to it where repeating is harmless: for methods that are idempotent by definition, and
/// for requests with an `Idempotency-Key`, since key and bytes are the same. Any other request then fails with
/// `lost`, so that nothing is bought twice in silence.
///
/// What has not been sent is known exactly: libcurl tells when a connection stands and before it sends on it. Every
/// failure before that, of whatever kind, is `notSent`; none after it is.
public final class CurlTransport: HTTPTransport {
    private let engine: CurlEngine

    /// Starts the thread. Throws `HTTPTransportError.notSent` when the machine gives none.
    ///
    /// - Parameters:
    ///   - connectionsMax: How many requests are under way at once, each on a connection of its own; further ones wait
    ///     within their time-out. As many idle connections are kept.
    ///   - connectionsPerHostMax: How many of them to one host, so that a slow one does not hold up the others.
    ///   - requestsMax: How many requests are under way or wait; further ones fail at once with `notSent`.
    ///   - connectTimeout: How long it may take until a connection stands, its name looked up and TLS agreed.
    ///   - authoritiesFile: PEM certificates to trust instead of the system's; nil for the system's.
    ///   - log: Gets a debug line for each request: method, host and outcome, never a path, field or body.
    public init(
        connectionsMax: Int = 64, connectionsPerHostMax: Int = 32, requestsMax: Int = 1024,
        connectTimeout: Duration = .seconds(10),
        authoritiesFile: String? = nil, log: Log
    ) throws(HTTPTransportError) {
        let settings = CurlSettings(
            connectionsMax: max(1, connectionsMax), connectionsPerHostMax: max(1, connectionsPerHostMax),
            requestsMax: requestsMax, connectTimeoutMs: connectTimeout.milliseconds,
            authoritiesFile: authoritiesFile, log: log)
        guard let engine = CurlEngine(settings) else { throw .notSent(reason: "libcurl does not start") }
        do { try OwnedThread.start(named: "curl") { engine.run() } } catch {
            throw .notSent(reason: "no thread for libcurl")
        }
        self.engine = engine
    }

    deinit { close() }

    /// Sends a request and waits for its answer, within the request's time-out and bound. When the task is cancelled
    /// the transfer is ended and the error is `cancelled`.
    public func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let transfer = CurlTransfer(request)
        let engine = engine
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if !engine.post(.start(transfer, continuation)) {
                    continuation.resume(returning: .failure(.notSent(reason: "the transport is closed")))
                }
            }
        } onCancel: {
            engine.post(.cancel(transfer))
        }
        return try outcome.get()
    }

    /// Ends the thread and every connection. Requests under way fail: with `notSent` where nothing was sent, else with
    /// `lost`. Returns at once; a second call does nothing.
    public func close() { engine.post(.close) }
}
