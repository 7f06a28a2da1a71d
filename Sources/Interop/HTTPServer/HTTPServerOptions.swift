/// Where a server listens, and its limits (law 14).
public struct HTTPServerOptions: Sendable {
    /// The address or name to listen on: `127.0.0.1`, `0.0.0.0`, `::`.
    public var host: String
    /// The port; 0 takes any that is free.
    public var port: UInt16
    /// How many threads wait for sockets; 0 takes one for each processor. At most 64.
    public var epollThreads: Int
    /// How many connections are open at once, over all threads; further ones wait in the kernel's queue.
    public var connectionsMax: Int
    /// How long a connection may stand between two requests, and how long one without any progress, in seconds.
    public var idleTimeoutSeconds: Int
    /// How long a request may take to arrive, from its first line to its last byte, in seconds.
    public var receiveTimeoutSeconds: Int
    /// How long an answer may take to leave, in seconds.
    public var sendTimeoutSeconds: Int
    /// The most that a request's line and fields may have, in bytes; more is answered 431.
    public var headBytesMax: Int
    /// How much of a refused body is read and thrown away, in bytes, so that the client hears the refusal and the
    /// connection lives on. Beyond that the connection is closed.
    public var discardBytesMax: Int
    /// How long a client that has closed its sending half may still wait for its answer before it counts as gone.
    /// A full hang-up counts at once.
    public var halfCloseGrace: Duration

    /// How long a task that draining has cancelled may take to answer, before the server answers in its stead.
    public var cancelGrace: Duration

    /// These options.
    public init(
        host: String = "127.0.0.1", port: UInt16 = 0, epollThreads: Int = 0, connectionsMax: Int = 1000,
        idleTimeoutSeconds: Int = 60, receiveTimeoutSeconds: Int = 120, sendTimeoutSeconds: Int = 300,
        headBytesMax: Int = 16 << 10, discardBytesMax: Int = 1 << 20, halfCloseGrace: Duration = .seconds(2),
        cancelGrace: Duration = .seconds(1)
    ) {
        self.host = host
        self.port = port
        self.epollThreads = epollThreads
        self.connectionsMax = connectionsMax
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.receiveTimeoutSeconds = receiveTimeoutSeconds
        self.sendTimeoutSeconds = sendTimeoutSeconds
        self.headBytesMax = headBytesMax
        self.discardBytesMax = discardBytesMax
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
