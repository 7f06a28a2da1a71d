import CMicroHTTPD
import Glibc
import HTTP
import Kernel
import Synchronization

/// One thread that waits for sockets, with its libmicrohttpd daemon.
///
/// `@unchecked Sendable`: `inbox`, `load` and `threadID` are safe for everybody, the descriptors never change while
/// the loop lives, and everything else is touched by the loop's own thread only.
final class EventLoop: @unchecked Sendable {
    /// How many sockets are given to this loop.
    let load = Atomic<Int>(0)
    let service: Service
    /// The sockets that this loop serves, by descriptor.
    var connections: [Int32: Connection] = [:]
    /// Now, in milliseconds of the monotonic clock, as of the last wake-up.
    var nowMs = EventLoop.monotonicMs()
    /// Who stops when, once asked to.
    var draining: Draining?
    /// The connection that `MHD_add_connection` is adopting.
    var adopting: Connection?
    let epoll: Int32

    private let inbox = Mutex(Inbox())
    private let threadID = Atomic<UInt>(0)
    private let wakeUp: Int32
    private var daemon: OpaquePointer?
    private var listener: Listener?
    private var listens = false
    private var acceptAgainAtMs: Int64?
    private var sweepAtMs: Int64 = 0
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    /// A loop that accepts for all when it has the listener. Throws `HTTPServerError.outOfResources`.
    init(service: Service, listener: Listener?) throws(HTTPServerError) {
        self.service = service
        self.listener = listener
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
            MHD_run(daemon)
            // A resumed connection builds its answer's head in one turn and sends it in the next.
            if resumed { MHD_run(daemon) }
            if nowMs >= sweepAtMs { sweep() }
            if hasDrained() { break }
            wait(in: group)
        }
        for message in closeInbox() {
            guard case .accepted(let socket) = message else { continue }
            close(socket.descriptor)
            group.closed(in: self)
        }
        MHD_stop_daemon(daemon)
        daemon = nil
    }

    /// Acts on a message; true when a connection was resumed.
    private func take(_ message: LoopMessage, in group: LoopGroup) -> Bool {
        switch message {
        case .answered(let exchange, let response): return exchange.take(response)
        case .accepted(let socket): adopt(socket, in: group)
        case .acceptAgain: listenAgain()
        case .drain(let limit): beginDrain(within: limit, in: group)
        }
        return false
    }

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

    private func adopt(_ socket: AcceptedSocket, in group: LoopGroup) {
        let connection = Connection(loop: self, group: group, socket: socket)
        adopting = connection
        var address = socket.address
        // The watch tells of the peer's leaving while the connection is suspended and libmicrohttpd does not look.
        let watched = watch(socket.descriptor, EPOLLRDHUP.rawValue | EPOLLET.rawValue)
        let added = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                watched ? MHD_add_connection(daemon, socket.descriptor, $0, socket.addressLength) : .NO
            }
        }
        if !watched { close(socket.descriptor) }
        adopting = nil
        if added == .NO, !connection.adopted { group.closed(in: self) }
        if draining != nil, added != .NO { connection.closeIfIdle() }
    }

    private func beginDrain(within limit: Duration, in group: LoopGroup) {
        // What the kernel has already accepted for us is served; afterwards a newcomer is refused.
        if draining == nil, listens { accept(in: group) }
        listener = nil
        listens = false
        let deadlineMs = nowMs + max(0, limit.milliseconds)
        draining = Draining(deadlineMs: min(deadlineMs, draining?.deadlineMs ?? .max), step: draining?.step ?? .waiting)
        for connection in connections.values { connection.closeIfIdle() }
    }

    private func sweep() {
        sweepAtMs = nowMs + 500
        if let again = acceptAgainAtMs, again <= nowMs { listenAgain() }
        for connection in connections.values { connection.enforceLimits() }
    }

    private func wait(in group: LoopGroup) {
        let timeout = parkTimeoutMs()
        let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
        inbox.withLock { $0.parked = false }
        nowMs = Self.monotonicMs()
        guard count > 0 else { return }
        for event in events[..<Int(count)] {
            let descriptor = event.data.fd
            if let listener, descriptor == listener.descriptor {
                accept(in: group)
            } else {
                // Before MHD_run, which closes sockets, so that a descriptor still means what it meant.
                connections[descriptor]?.peerLeft(wholly: event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0)
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
        let idle = connections.isEmpty && acceptAgainAtMs == nil && draining == nil
        return idle ? -1 : draining == nil ? 500 : 20
    }

    // MARK: Accepting

    private func accept(in group: LoopGroup) {
        guard let listener else { return }
        for _ in 0..<64 {
            guard group.mayAccept() else { return pauseListening(untilMs: nil) }
            switch listener.accept() {
            case .accepted(let socket): group.assign(socket)
            case .none: return
            case .outOfResources(let reason):
                service.log.error("http_accept_failed", ["reason": .string(reason)])
                return pauseListening(untilMs: nowMs + 1000)
            }
        }
    }

    private func pauseListening(untilMs: Int64?) {
        guard let listener, listens else { return }
        epoll_ctl(epoll, EPOLL_CTL_DEL, listener.descriptor, nil)
        listens = false
        acceptAgainAtMs = untilMs
    }

    private func listenAgain() {
        guard let listener, !listens else { return }
        listens = watch(listener.descriptor, EPOLLIN.rawValue)
        // Without memory for the watch it is tried again.
        acceptAgainAtMs = listens ? nil : nowMs + 1000
    }

    private func watch(_ descriptor: Int32, _ mask: UInt32) -> Bool {
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
    /// A connection to serve.
    case accepted(AcceptedSocket)
    /// There is room for connections again.
    case acceptAgain
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
