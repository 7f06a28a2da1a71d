import CMicroHTTPD
import Glibc
import Kernel

/// What we know of one socket that libmicrohttpd serves. Belongs to its loop's thread; libmicrohttpd holds it from the
/// socket's beginning to its end.
final class Connection {
    /// What the connection is about, for its limits.
    enum Phase {
        /// Before its first request: of TLS, the handshake.
        case opening
        /// Between two requests.
        case idle
        /// A request arrives.
        case receiving
        /// A task makes the answer.
        case handling
        /// The answer leaves.
        case sending
        /// A task makes the next piece of an answer that is leaving.
        case making
    }

    let loop: EventLoop
    let peer: IPAddress
    /// The certificate that it was greeted with, alive as long as it is.
    let certificate: TLSCertificate?
    /// The request that is being served.
    var exchange: Exchange?
    /// The rest of its answer, where that is made while it leaves.
    var streamed: StreamedBody?
    /// The target of the request that begins, as sent.
    var target: [UInt8] = []
    /// Whether its last answer left before all of the request had come, so that more may come.
    var answeredEarly = false
    /// Whether libmicrohttpd was made to hear of its end (``ChunkProgress``).
    var isEndWatched = false
    private(set) var adopted = false
    private let group: LoopGroup
    let descriptor: Int32
    private let peerText: String
    /// How a body in chunks advances that arrives.
    var chunkProgress: ChunkProgress? {
        didSet {
            guard (oldValue == nil) != (chunkProgress == nil) else { return }
            loop.receivingChunks[descriptor] = chunkProgress == nil ? nil : self
        }
    }
    private var phase = Phase.opening
    private var phaseSinceMs: Int64
    private var pace: Pace?
    private var halfClosed = false
    private var hungUp = false

    init(loop: EventLoop, group: LoopGroup, arrival: Arrival) {
        self.loop = loop
        self.group = group
        certificate = loop.service.certificate?.current
        descriptor = arrival.socket.descriptor
        peer = arrival.socket.peer
        peerText = peer.description
        phaseSinceMs = arrival.sinceMs
    }

    /// Whether a request arrives.
    var isReceiving: Bool { phase == .receiving }

    /// An address as text; that of the peer is made once.
    func told(_ address: IPAddress) -> String { address == peer ? peerText : address.description }

    /// libmicrohttpd serves the socket now.
    func opened() {
        adopted = true
        loop.connections[descriptor] = self
    }

    /// libmicrohttpd closes the socket.
    func closed() {
        loop.connections[descriptor] = nil
        chunkProgress = nil
        if isEndWatched { loop.forgetsEnd(of: descriptor) }
        if !hungUp, answeredEarly || Socket.hasUnread(descriptor) { loop.lingerBeyond(descriptor) }
        group.closed(peer, in: loop)
    }

    /// The connection's business changes.
    func enter(_ phase: Phase) {
        // An answer whose pieces are made and sent in turn is one sending, as far as its pace goes.
        if phase == .sending, self.phase == .making {
            pace?.pause(forMs: loop.nowMs - phaseSinceMs)
        } else if phase != .making {
            pace = nil
        }
        self.phase = phase
        phaseSinceMs = loop.nowMs
    }

    /// The request is over, well or not.
    func completed() {
        cancel()
        exchange = nil
        chunkProgress = nil
        streamed?.end()
        streamed = nil
        enter(.idle)
        if loop.draining != nil { closeIfIdle() }
    }

    /// Answers, past libmicrohttpd, who sends more than is thrown away: it takes no answer in the middle of a body. Behind TLS
    /// the connection is just closed.
    func answerBare(_ exchange: Exchange) {
        guard certificate == nil, let answer = exchange.answer else { return }
        answeredEarly = true
        BareAnswer.send(answer, requestID: exchange.requestID, toHead: exchange.isHead, to: descriptor)
    }

    /// Nobody waits for the answer any more.
    func cancel() {
        exchange?.cancel()
        streamed?.cancel()
    }

    /// Ends a connection on which no request has begun. One whose bytes are already here is still served; one that is being
    /// encrypted has as long as one that is silent.
    func closeIfIdle() {
        let isOver =
            phase == .idle
            || phase == .opening && certificate != nil && loop.nowMs - phaseSinceMs > Arrival.lastWordsMs
        guard isOver, !Socket.hasUnread(descriptor) else { return }
        shutdown(descriptor, Int32(SHUT_RD))
    }

    /// The peer closed its sending half, or hung up wholly. A half-closed client may wait for its answer (RFC 9112,
    /// 9.6), and cannot be told from one that left until we send; so it gets a while.
    func peerLeft(wholly: Bool) {
        if wholly {
            hungUp = true
            cancel()
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
        case .opening where elapsedMs > Int64(options.firstHeadTimeoutSeconds) * 1000,
            .idle where elapsedMs > Int64(options.idleTimeoutSeconds) * 1000,
            .receiving where elapsedMs > Int64(options.receiveTimeoutSeconds) * 1000 || isTooSlow(\.received):
            hungUp = true
            shutdown(descriptor, Int32(SHUT_RDWR))
        case .sending
        where elapsedMs > Int64(options.sendTimeoutSeconds) * 1000
            || isTooSlow(\.confirmed) && Socket.hasUnconfirmed(descriptor):
            // What it does not take must not stay in the kernel for it.
            hungUp = true
            Socket.setReset(descriptor)
            shutdown(descriptor, Int32(SHUT_RDWR))
        case .idle where loop.draining != nil, .opening where loop.draining != nil: closeIfIdle()
        case .handling where halfClosed && elapsedMs >= options.halfCloseGrace.milliseconds: cancel()
        default: break
        }
    }

    private func isTooSlow(_ count: KeyPath<Socket.Counts, UInt64>) -> Bool {
        guard let counts = Socket.counts(of: descriptor) else { return false }
        if pace == nil { pace = Pace(bytes: counts[keyPath: count], sinceMs: loop.nowMs) }
        return pace?.isTooSlow(bytes: counts[keyPath: count], nowMs: loop.nowMs, options: loop.service.options) ?? false
    }
}
