public import HTTP
public import Kernel

/// Where a server listens, and its limits (law 14).
public struct HTTPServerOptions: Sendable {
    /// The address or name to listen on: `127.0.0.1`, `0.0.0.0`, `::`.
    public var host: String
    /// The port; 0 takes any that is free.
    public var port: UInt16
    /// How many threads wait for sockets; 0 takes one for each processor. At most 64.
    public var epollThreads: Int
    /// How many connections are open at once, over all threads; further ones are answered 503 and closed.
    public var connectionsMax: Int
    /// How many of them may be one address's (of IPv6, one /64's); further ones are answered 429 and closed. 0 is no
    /// limit. It is not for ``unlimited``, nor for trusted proxies.
    public var connectionsPerAddressMax: Int
    /// Whose connections are counted only in all.
    public var unlimited: [IPNetwork]
    /// The proxies whose word is taken for whom they speak for.
    public var proxies: TrustedProxies
    /// How long a new connection may take until its first request's head is there, the TLS handshake included, in
    /// seconds.
    public var firstHeadTimeoutSeconds: Int
    /// How long a connection may stand between two requests, and how long one without any progress, in seconds.
    public var idleTimeoutSeconds: Int
    /// How long a request may take to arrive, from its first line to its last byte, in seconds.
    public var receiveTimeoutSeconds: Int
    /// How long an answer may take to leave, in seconds.
    public var sendTimeoutSeconds: Int
    /// The least that a client may send of a request, or take of an answer, over each ``rateWindow``; 0 is no limit.
    public var rateBytesPerSecondMin: Int
    /// Over how long the rate is measured.
    public var rateWindow: Duration
    /// The most that a request's line and fields may have, in bytes; more is answered 431.
    public var headBytesMax: Int
    /// The most that a request's target may have, in bytes; more is answered 414.
    public var targetBytesMax: Int
    /// How many fields a head may have; more are answered 431.
    public var fieldsMax: Int
    /// How much of a refused body is read and thrown away, in bytes, so that the client hears the refusal and the
    /// connection lives on. Beyond that the connection is closed.
    public var discardBytesMax: Int
    /// What all bodies together may hold of what each has beyond 64 KiB, in bytes; who needs more is answered 503
    /// `overloaded`.
    public var bodiesBytesMax: Int
    /// How long a client that has closed its sending half may still wait for its answer before it counts as gone.
    /// A full hang-up counts at once.
    public var halfCloseGrace: Duration

    /// How long a task that draining has cancelled may take to answer, before the server answers in its stead.
    public var cancelGrace: Duration

    /// These options.
    public init(
        host: String = "127.0.0.1", port: UInt16 = 0, epollThreads: Int = 0, connectionsMax: Int = 2048,
        connectionsPerAddressMax: Int = 100, unlimited: [IPNetwork] = IPNetwork.loopback,
        proxies: TrustedProxies = TrustedProxies(), firstHeadTimeoutSeconds: Int = 20, idleTimeoutSeconds: Int = 60,
        receiveTimeoutSeconds: Int = 120, sendTimeoutSeconds: Int = 300, rateBytesPerSecondMin: Int = 500,
        rateWindow: Duration = .seconds(10), headBytesMax: Int = 16 << 10, targetBytesMax: Int = 8 << 10,
        fieldsMax: Int = 100, discardBytesMax: Int = 1 << 20, bodiesBytesMax: Int = 64 << 20,
        halfCloseGrace: Duration = .seconds(2), cancelGrace: Duration = .seconds(1)
    ) {
        self.host = host
        self.port = port
        self.epollThreads = epollThreads
        self.connectionsMax = connectionsMax
        self.connectionsPerAddressMax = connectionsPerAddressMax
        self.unlimited = unlimited
        self.proxies = proxies
        self.firstHeadTimeoutSeconds = firstHeadTimeoutSeconds
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.receiveTimeoutSeconds = receiveTimeoutSeconds
        self.sendTimeoutSeconds = sendTimeoutSeconds
        self.rateBytesPerSecondMin = rateBytesPerSecondMin
        self.rateWindow = rateWindow
        self.headBytesMax = headBytesMax
        self.targetBytesMax = targetBytesMax
        self.fieldsMax = fieldsMax
        self.discardBytesMax = discardBytesMax
        self.bodiesBytesMax = bodiesBytesMax
        self.halfCloseGrace = halfCloseGrace
        self.cancelGrace = cancelGrace
    }
}

/// Why a server does not start.
public enum HTTPServerError: Error, Equatable {
    /// The address is unknown, not ours, or taken.
    case cannotListen(host: String, port: UInt16, reason: String)
    /// The machine gave no descriptor, thread or memory.
    case outOfResources(String)
}
