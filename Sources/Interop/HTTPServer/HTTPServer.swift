public import HTTP
public import Kernel
import Synchronization

/// Serves an `HTTPHandler` over TCP with libmicrohttpd.
///
/// A few threads of our own wait for sockets, each with a libmicrohttpd daemon that has no thread itself. A request is
/// read and admitted there; then its connection is suspended while a Swift task asks the handler, and resumed with the
/// answer, so no thread ever waits for a handler.
///
/// The daemons are driven from outside because libmicrohttpd's own epoll loop (to 1.0.1) waits for ever when exactly
/// 128 events of one thread are ready at once: its second `epoll_wait` has the time-out of the first. Driven through
/// `MHD_run` that time-out is zero. It also lets one thread hand a connection its answer without a second wake-up
/// channel, and lets us watch the sockets of suspended connections, which libmicrohttpd does not.
///
/// A server that is let go of stops at once, as if drained within no time; keep it.
public final class HTTPServer: Sendable {
    /// How a handler's task is started; the operation must run exactly once, in the task that is returned.
    public typealias TaskStarter =
        @Sendable (
            _ operation: @escaping @Sendable @isolated(any) () async -> Void
        ) -> Task<Void, Never>

    /// Handlers run on Swift's own threads: one that computes for long slows other handlers, but no socket.
    public static let pooled: TaskStarter = { Task(operation: $0) }
    /// Handlers begin on the socket's thread, up to where they first wait; the rest is as with `pooled`. Saves a hop,
    /// and the suspension where nothing is waited for, but a handler that computes for long before it waits holds up
    /// every connection of its thread.
    public static let immediate: TaskStarter = { operation in Task.immediate { await operation() } }

    /// The port that is listened on, also where the options left it open.
    public let port: UInt16
    private let group: LoopGroup
    private let certificate: CertificateShelf?

    private init(port: UInt16, group: LoopGroup, certificate: CertificateShelf?) {
        self.port = port
        self.group = group
        self.certificate = certificate
    }

    deinit { group.drain(within: .zero) }

    /// Listens, and serves until drained. Throws `HTTPServerError` when it cannot.
    ///
    /// With a `certificate` it speaks HTTPS, and nothing else. `random` makes request ids; `startTask` says where
    /// handlers run.
    public static func start(
        _ options: HTTPServerOptions, certificate: TLSCertificate? = nil, handler: any HTTPHandler,
        random: any RandomSource, log: Log, startTask: @escaping TaskStarter = HTTPServer.pooled
    ) throws(HTTPServerError) -> HTTPServer {
        let listener = try Listener(host: options.host, port: options.port)
        let shelf = certificate.map(CertificateShelf.init)
        let service = Service(
            options: options, handler: handler, random: random, log: log, startTask: startTask, certificate: shelf,
            bodies: BodyBudget(bytes: options.bodiesBytesMax))
        let group = try LoopGroup(service: service, listener: listener)
        log.info(
            "http_server_started",
            [
                "port": .int(Int64(listener.port)), "threads": .int(Int64(group.threadCount)),
                "tls": .bool(shelf != nil),
            ])
        return HTTPServer(port: listener.port, group: group, certificate: shelf)
    }

    /// Has new connections greeted with another certificate; those that are open keep theirs. Of no effect without TLS.
    public func use(_ certificate: TLSCertificate) { self.certificate?.replace(with: certificate) }

    /// Stops: takes no further connection, lets what is in flight end (each answer with `Connection: close`), closes
    /// idle connections, and after `limit` cancels the tasks that still run. A task that does not end within a second
    /// of that is answered 503 in its stead. Returns when every socket is closed, at most two seconds after `limit`.
    /// A second call waits for the same end, with the earlier of the limits.
    public func drain(within limit: Duration) async {
        group.drain(within: limit)
        await group.ended()
    }

    /// How many connections are open now.
    public var connectionCount: Int { group.guests.count }
}
