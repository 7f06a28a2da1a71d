import CMicroHTTPD
import Glibc
import Kernel

/// What we know of one socket. Belongs to its loop's thread; libmicrohttpd holds it from the socket's beginning to its
/// end.
final class Connection {
    /// What the connection is about, for its limits.
    enum Phase {
        /// Between two requests.
        case idle
        /// A request arrives.
        case receiving
        /// A task makes the answer.
        case handling
        /// The answer leaves.
        case sending
    }

    let loop: EventLoop
    let peer: String
    /// The request that is being served.
    var exchange: Exchange?
    /// The target of the request that begins, as sent.
    var target: [UInt8] = []
    private(set) var adopted = false
    private let group: LoopGroup
    private let descriptor: Int32
    private var phase = Phase.idle
    private var phaseSinceMs: Int64
    private var halfClosed = false

    init(loop: EventLoop, group: LoopGroup, socket: AcceptedSocket) {
        self.loop = loop
        self.group = group
        descriptor = socket.descriptor
        peer = socket.peer
        phaseSinceMs = loop.nowMs
    }

    /// libmicrohttpd serves the socket now.
    func opened() {
        adopted = true
        loop.connections[descriptor] = self
    }

    /// libmicrohttpd closes the socket.
    func closed() {
        loop.connections[descriptor] = nil
        group.closed(in: loop)
    }

    /// The connection's business changes.
    func enter(_ phase: Phase) {
        self.phase = phase
        phaseSinceMs = loop.nowMs
    }

    /// The request is over, well or not.
    func completed() {
        exchange?.cancel()
        exchange = nil
        enter(.idle)
        if loop.draining != nil { closeIfIdle() }
    }

    /// Ends a connection on which no request has begun. One whose bytes are already here is still served, because only
    /// what comes later is shut out.
    func closeIfIdle() {
        if phase == .idle { shutdown(descriptor, Int32(SHUT_RD)) }
    }

    /// The peer closed its sending half, or hung up wholly. A half-closed client may wait for its answer (RFC 9112,
    /// 9.6), and cannot be told from one that left until we send; so it gets a while.
    func peerLeft(wholly: Bool) {
        if wholly {
            exchange?.cancel()
        } else {
            halfClosed = true
        }
    }

    /// Ends what takes too long: libmicrohttpd's own time-out starts anew with every byte, so a peer that sends or
    /// takes one now and then would stay for ever.
    func enforceLimits() {
        let options = loop.service.options
        let elapsedMs = loop.nowMs - phaseSinceMs
        switch phase {
        case .idle where elapsedMs > Int64(options.idleTimeoutSeconds) * 1000,
            .receiving where elapsedMs > Int64(options.receiveTimeoutSeconds) * 1000,
            .sending where elapsedMs > Int64(options.sendTimeoutSeconds) * 1000:
            shutdown(descriptor, Int32(SHUT_RDWR))
        case .handling where halfClosed && elapsedMs >= options.halfCloseGrace.milliseconds:
            exchange?.cancel()
        default: break
        }
    }
}
