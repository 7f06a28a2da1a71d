import CMicroHTTPD
import Glibc
import HTTP
import Kernel

/// Why newcomers were turned away.
enum TurnedAway: String {
    /// As many connections as there may be.
    case connections
    /// As many of one address as there may be.
    case connectionsOfAddress = "connections_of_address"
    /// No descriptor is left.
    case descriptors
}

extension EventLoop {
    /// How many are accepted before others have their turn.
    static let acceptedAtOnce = 64

    /// Accepts who waits. Whoever may not come in is told so and let go at once, since one who waits in the kernel's
    /// queue learns nothing. Returns whether more may wait.
    @discardableResult
    func accept(in group: LoopGroup) -> Bool {
        guard let listener else { return false }
        for _ in 0..<Self.acceptedAtOnce {
            switch listener.accept() {
            case .accepted(let socket): receive(socket, in: group)
            case .none: return false
            case .outOfDescriptors:
                guard !letGoWithSpare(listener) else { continue }
                pauseListening(forMs: 1000)
                return false
            case .outOfMemory(let reason):
                service.log.error("http_accept_failed", ["reason": .string(reason)])
                pauseListening(forMs: 1000)
                return false
            }
        }
        return true
    }

    private func receive(_ socket: AcceptedSocket, in group: LoopGroup) {
        switch group.guests.enter(socket.peer) {
        case .welcome:
            service.handler.connection(.opened)
            group.assign(socket)
        case .full:
            note(.connections)
            turnAway(socket.descriptor, Problem.unavailable("Too many connections are open.", retryAfterSeconds: 2))
        case .tooMany:
            note(.connectionsOfAddress)
            turnAway(
                socket.descriptor,
                Problem(
                    status: 429, code: "too_many_connections",
                    detail: "Too many connections of this address are open; use those there are.",
                    headers: ["Retry-After": "5"]))
        }
    }

    /// Answers a socket that nobody serves, and lets go of it. An encrypted one would have to be greeted first; it is
    /// just closed.
    func turnAway(_ descriptor: Int32, _ problem: Problem) {
        guard service.certificate == nil else {
            close(descriptor)
            return
        }
        BareAnswer.send(problem, requestID: RequestID.fresh(service.random), to: descriptor)
        linger(descriptor)
    }

    /// Accepts one client with the descriptor that is kept for that, and lets go of it; false when that fails too.
    /// Without it the queue would stay full and the listener ready: a loop that spins and clients that wait.
    private func letGoWithSpare(_ listener: Listener) -> Bool {
        guard spare >= 0 else { return openSpare() }
        close(spare)
        spare = -1
        defer { _ = openSpare() }
        switch listener.accept() {
        case .accepted(let socket):
            note(.descriptors)
            if service.certificate == nil {
                // It cannot linger: what has come is read, so that closing does not reset the connection.
                _ = Socket.discard(socket.descriptor, bytesMax: service.options.headBytesMax)
                let problem = Problem.unavailable("The server is out of resources.")
                BareAnswer.send(problem, requestID: RequestID.fresh(service.random), to: socket.descriptor)
            }
            close(socket.descriptor)
            return true
        case .none: return true
        case .outOfDescriptors, .outOfMemory: return false
        }
    }

    /// Keeps a descriptor for the time when there is none left.
    @discardableResult
    func openSpare() -> Bool {
        if spare < 0 { spare = open("/dev/null", O_RDONLY | O_CLOEXEC) }
        return spare >= 0
    }

    private func pauseListening(forMs pauseMs: Int64) {
        guard let listener, listens else { return }
        epoll_ctl(epoll, EPOLL_CTL_DEL, listener.descriptor, nil)
        listens = false
        acceptAgainAtMs = nowMs + pauseMs
    }

    /// Listens, at first and after a pause.
    func listenAgain() {
        guard let listener, !listens else { return }
        openSpare()
        listens = watch(listener.descriptor, EPOLLIN.rawValue)
        // Without memory for the watch it is tried again.
        acceptAgainAtMs = listens ? nil : nowMs + 1000
    }

    // MARK: Telling

    private func note(_ reason: TurnedAway) {
        turnedAway[reason, default: 0] += 1
        service.handler.connection(.turnedAway(reason: reason.rawValue))
    }

    /// Writes how many were turned away since the last time: a line a second at most, however many there are; when the
    /// loop ends, at once.
    func tellTurnedAway(isEnd: Bool = false) {
        guard !turnedAway.isEmpty, isEnd || nowMs >= tellAgainAtMs else { return }
        tellAgainAtMs = nowMs + 1000
        for (reason, count) in turnedAway {
            service.log.log(
                reason == .descriptors ? .error : .warning, "connections_turned_away",
                ["reason": .string(reason.rawValue), "count": .int(Int64(count))])
        }
        turnedAway = [:]
    }
}
