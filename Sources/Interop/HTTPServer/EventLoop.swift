import CMicroHTTPD
import Glibc
import HTTP
import Kernel
import Synchronization

/// One thread that waits for sockets, with its libmicrohttpd daemon.
///
/// A socket is an arrival until its first head is there, then libmicrohttpd's, and may linger when that has closed it.
///
/// `@unchecked Sendable`: `inbox`, `load` and `threadID` are safe for everybody, the descriptors never change while
/// the loop lives, and everything else is touched by the loop's own thread only.
final class EventLoop: @unchecked Sendable {
    /// How many sockets are given to this loop.
    let load = Atomic<Int>(0)
    let service: Service
    /// How many sockets may linger here; beyond that they are closed at once.
    let lingerersMax: Int
    /// The sockets whose first head is not there yet, by descriptor.
    var arrivals: [Int32: Arrival] = [:]
    /// The sockets that libmicrohttpd serves, by descriptor.
    var connections: [Int32: Connection] = [:]
    /// Those of them on which a body in chunks arrives.
    var receivingChunks: [Int32: Connection] = [:]
    /// The sockets whose last answer is on its way, by descriptor.
    var lingerers: [Int32: Lingerer] = [:]
    /// Now, in milliseconds of the monotonic clock, as of the last wake-up.
    var nowMs = EventLoop.monotonicMs()
    /// How many times libmicrohttpd has run.
    var turn = 0
    /// Who stops when, once asked to.
    var draining: Draining?
    /// The connection that `MHD_add_connection` is adopting.
    var adopting: Connection?
    let epoll: Int32

    // Accepting: of the first loop only.
    var listener: Listener?
    var listens = false
    var acceptAgainAtMs: Int64?
    /// A descriptor for the time when there is none left; -1 is none.
    var spare: Int32 = -1
    var turnedAway: [TurnedAway: Int] = [:]
    var tellAgainAtMs: Int64 = 0

    private let inbox = Mutex(Inbox())
    private let threadID = Atomic<UInt>(0)
    private let wakeUp: Int32
    private(set) var daemon: OpaquePointer?
    private var sweepAtMs: Int64 = 0
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    /// A loop that accepts for all when it has the listener. Throws `HTTPServerError.outOfResources`.
    init(service: Service, listener: Listener?, lingerersMax: Int) throws(HTTPServerError) {
        self.service = service
        self.listener = listener
        self.lingerersMax = lingerersMax
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        // Edge-triggered: the counter never needs to be read back.
        guard epoll >= 0, wakeUp >= 0, watch(wakeUp, EPOLLIN.rawValue | EPOLLET.rawValue) else {
            throw .outOfResources(String(cString: strerror(errno)))
        }
        daemon = startDaemon()
        guard let daemon, watch(kessai_mhd_epoll_fd(daemon), EPOLLIN.rawValue) else {
            throw .outOfResources("libmicrohttpd does not start")
        }
    }

    deinit {
        if let daemon { MHD_stop_daemon(daemon) }
        if spare >= 0 { close(spare) }
        if wakeUp >= 0 { close(wakeUp) }
        if epoll >= 0 { close(epoll) }
    }

    /// Whether the caller runs on this loop's thread.
    var isCurrent: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Puts a message into the inbox; false when the loop has ended. Any thread; never waits long.
    @discardableResult
    func post(_ message: LoopMessage) -> Bool {
        let (taken, wakes) = inbox.withLock { inbox -> (Bool, Bool) in
            if inbox.closed { return (false, false) }
            inbox.messages.append(message)
            defer { inbox.parked = false }
            return (true, inbox.parked)
        }
        if wakes { eventfd_write(wakeUp, 1) }
        return taken
    }

    /// Serves until drained.
    func run(in group: LoopGroup) {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        listenAgain()
        while true {
            var resumed = false
            for message in takeMessages() { resumed = take(message, in: group) || resumed }
            runDaemon()
            // A resumed connection builds its answer's head in one turn and sends it in the next.
            if resumed { runDaemon() }
            if resumeStalledChunks() { runDaemon() }
            if nowMs >= sweepAtMs { sweep(in: group) }
            if hasDrained() { break }
            wait(in: group)
        }
        for message in closeInbox() {
            guard case .accepted(let socket) = message else { continue }
            close(socket.descriptor)
            group.closed(socket.peer, in: self)
        }
        endArrivals(in: group) { _ in true }
        tellTurnedAway(isEnd: true)
        MHD_stop_daemon(daemon)
        daemon = nil
        endLingeringAtOnce()
    }

    private func runDaemon() {
        turn += 1
        MHD_run(daemon)
    }

    /// Acts on a message; true when a connection was resumed.
    private func take(_ message: LoopMessage, in group: LoopGroup) -> Bool {
        switch message {
        case .answered(let exchange, let response): return exchange.take(response)
        case .streamed(let body, let piece): return body.take(piece)
        case .accepted(let socket): arrive(socket, in: group)
        case .drain(let limit): beginDrain(within: limit, in: group)
        }
        return false
    }

    /// Whether somebody told this loop something that it has not heard yet.
    var hasMessages: Bool { inbox.withLock { !$0.messages.isEmpty } }

    private func takeMessages() -> [LoopMessage] {
        inbox.withLock { inbox in
            if inbox.messages.isEmpty { return [] }
            defer { inbox.messages = [] }
            return inbox.messages
        }
    }

    private func closeInbox() -> [LoopMessage] {
        inbox.withLock { inbox in
            inbox.closed = true
            defer { inbox.messages = [] }
            return inbox.messages
        }
    }

    private func sweep(in group: LoopGroup) {
        sweepAtMs = nowMs + 500
        if let again = acceptAgainAtMs, again <= nowMs { listenAgain() }
        for connection in connections.values { connection.enforceLimits() }
        endArrivals(in: group) { $0.isOver(at: nowMs, in: self) }
        endLingering()
        tellTurnedAway()
    }

    private func wait(in group: LoopGroup) {
        let timeout = parkTimeoutMs()
        let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
        inbox.withLock { $0.parked = false }
        nowMs = Self.monotonicMs()
        guard count > 0 else { return }
        for event in events[..<Int(count)] {
            let descriptor = event.data.fd
            let isGone = event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
            let isEnding = isGone || event.events & EPOLLRDHUP.rawValue != 0
            // Before MHD_run, which closes sockets, so that a descriptor still means what it meant.
            if descriptor == listener?.descriptor {
                accept(in: group)
            } else if let connection = connections[descriptor] {
                connection.peerLeft(wholly: isGone)
            } else if arrivals[descriptor] != nil {
                look(at: descriptor, isEnding: isEnding, in: group)
            } else {
                discardMore(of: descriptor)
            }
        }
    }

    /// How long to wait for sockets; marks the loop as waiting, so that a message wakes it.
    private func parkTimeoutMs() -> Int32 {
        var pendingMs: UInt64 = 0
        if MHD_get_timeout(daemon, &pendingMs) == .YES, pendingMs == 0 { return 0 }
        let parks = inbox.withLock { inbox -> Bool in
            inbox.parked = inbox.messages.isEmpty
            return inbox.parked
        }
        if !parks { return 0 }
        let idle =
            connections.isEmpty && arrivals.isEmpty && lingerers.isEmpty && turnedAway.isEmpty && acceptAgainAtMs == nil
            && draining == nil
        return idle ? -1 : draining == nil ? 500 : 20
    }

    /// Has a socket watched; its events carry its descriptor.
    func watch(_ descriptor: Int32, _ mask: UInt32) -> Bool {
        var event = epoll_event(events: mask, data: epoll_data_t(fd: descriptor))
        return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    private static func monotonicMs() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// What others tell a loop.
enum LoopMessage: Sendable {
    /// A handler's answer.
    case answered(Exchange, HTTPResponse)
    /// The next piece of an answer's body.
    case streamed(StreamedBody, StreamedBody.Piece)
    /// A connection to serve.
    case accepted(AcceptedSocket)
    /// Stop.
    case drain(within: Duration)
}

private struct Inbox {
    var messages: [LoopMessage] = []
    /// Whether the loop waits for sockets and must be woken.
    var parked = false
    /// Whether the loop has ended.
    var closed = false
}
