import CMicroHTTPD
import Glibc
import HTTP
import Kernel

/// A socket whose first head is not there yet.
struct Arrival {
    let socket: AcceptedSocket
    /// When it came, in milliseconds of the loop's clock.
    let sinceMs: Int64
    /// How often something came on it.
    var looks = 0
    /// Whether anything came on it.
    var hasSpoken: Bool { looks > 0 }

    /// In how many pieces a head may come. All that is there is looked at anew with each of them.
    static let looksMax = 1024

    /// How long one may be silent when the server stops: it was accepted, so its request may be on its way.
    static let lastWordsMs: Int64 = 1000

    /// Whether it has had its time.
    func isOver(at nowMs: Int64, in loop: EventLoop) -> Bool {
        let isLast = loop.draining != nil && !hasSpoken
        let limitMs = isLast ? Self.lastWordsMs : Int64(loop.service.options.firstHeadTimeoutSeconds) * 1000
        // What has come since the loop last looked is looked at in its next turn.
        return nowMs - sinceMs > limitMs && !(isLast && Socket.hasUnread(socket.descriptor))
    }
}

// The first head of a connection is looked at where it lies in the kernel, before libmicrohttpd reads it. So whoever
// connects and says nothing, or says it slowly, or speaks something else, costs a descriptor and no memory; and it is
// seen as it was sent. Later heads of a connection, and all that are encrypted, libmicrohttpd reads by itself; then
// `HeadLayout` sees what it left.
extension EventLoop {
    /// Takes a connection from the accepting thread.
    func arrive(_ socket: AcceptedSocket, in group: LoopGroup) {
        let mask = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        guard watch(socket.descriptor, mask) else {
            close(socket.descriptor)
            return group.closed(socket.peer, in: self)
        }
        arrivals[socket.descriptor] = Arrival(socket: socket, sinceMs: nowMs)
        look(at: socket.descriptor, isEnding: false, in: group)
    }

    /// Looks at what has come of a first head; `isEnding` says that nothing more will.
    func look(at descriptor: Int32, isEnding: Bool, in group: LoopGroup) {
        guard var arrival = arrivals[descriptor] else { return }
        let options = service.options
        // One more than a head may have shows that there is more.
        let verdict = withUnsafeTemporaryAllocation(byteCount: options.headBytesMax + 1, alignment: 1) { buffer in
            var count: Int
            repeat {
                count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_PEEK | MSG_DONTWAIT))
            } while count < 0 && errno == EINTR
            if count < 0, errno == EAGAIN { return FirstLook.nothing }
            guard count > 0 else { return FirstLook.gone }
            arrival.looks += 1
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if service.certificate != nil {
                guard !Self.isGreeting(bytes) else { return .whole }
                return .refused(.plainText, toHead: HeadSyntax.asksForHead(bytes))
            }
            switch HeadSyntax.judge(bytes, options: options) {
            case .incomplete where arrival.looks >= Arrival.looksMax: return .refused(.headNotValid, toHead: false)
            case .incomplete: return .nothing
            case .whole: return .whole
            case .refused(let problem): return .refused(problem, toHead: HeadSyntax.asksForHead(bytes))
            }
        }
        switch verdict {
        case .nothing where !isEnding: arrivals[descriptor] = arrival
        case .nothing, .gone:
            arrivals[descriptor] = nil
            close(descriptor)
            group.closed(arrival.socket.peer, in: self)
        case .whole:
            arrivals[descriptor] = nil
            adopt(arrival, in: group)
        case .refused(let problem, let toHead):
            arrivals[descriptor] = nil
            epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
            group.closed(arrival.socket.peer, in: self)
            service.tell(of: problem)
            BareAnswer.send(problem, requestID: RequestID.fresh(service.random), toHead: toHead, to: descriptor)
            linger(descriptor)
        }
    }

    /// Closes arrivals of which that is true.
    func endArrivals(in group: LoopGroup, where isOver: (Arrival) -> Bool) {
        for (descriptor, arrival) in arrivals where isOver(arrival) {
            arrivals[descriptor] = nil
            close(descriptor)
            group.closed(arrival.socket.peer, in: self)
        }
    }

    private func adopt(_ arrival: Arrival, in group: LoopGroup) {
        let socket = arrival.socket
        let connection = Connection(loop: self, group: group, arrival: arrival)
        adopting = connection
        var address = socket.address
        // The watch tells of the peer's leaving while the connection is suspended and libmicrohttpd does not look.
        var event = epoll_event(
            events: EPOLLRDHUP.rawValue | EPOLLET.rawValue, data: epoll_data_t(fd: socket.descriptor))
        let watched = epoll_ctl(epoll, EPOLL_CTL_MOD, socket.descriptor, &event) == 0
        let added = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                watched ? MHD_add_connection(daemon, socket.descriptor, $0, socket.addressLength) : .NO
            }
        }
        if !watched { close(socket.descriptor) }
        adopting = nil
        if added == .NO, !connection.adopted { group.closed(socket.peer, in: self) }
    }

    /// Whether this begins as TLS does: a record of the handshake.
    private static func isGreeting(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes[0] == 0x16 }

    private enum FirstLook {
        /// The head is not whole yet.
        case nothing
        case gone
        case whole
        case refused(Problem, toHead: Bool)
    }
}

extension Problem {
    /// 400: HTTP without TLS where TLS is spoken.
    static let plainText = Problem(
        status: 400, code: "tls_required", detail: "This port speaks HTTPS: begin the address with https://.")
}
