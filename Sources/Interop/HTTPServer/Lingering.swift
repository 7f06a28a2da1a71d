import CMicroHTTPD
import Glibc

/// A socket whose last answer is on its way while its client may still be sending.
struct Lingerer {
    /// When it is closed at the latest, in milliseconds of the loop's clock.
    let untilMs: Int64
    /// How much more of what comes is thrown away.
    var bytesLeft: Int
}

// A socket that is closed while something unread is in it resets its connection, and the client may then lose the answer
// that it was sent (RFC 9112, 9.6). So it is closed for writing first, and what comes is thrown away for a while.
extension EventLoop {
    /// How many may linger in all loops together: no limit of connections counts them any more.
    static let lingerersOfAllMax = 256
    /// How long one may.
    static let lingerMs: Int64 = 2000

    /// Closes a socket gently. It is nobody else's any more.
    func linger(_ descriptor: Int32) {
        shutdown(descriptor, Int32(SHUT_WR))
        let lingerer = Lingerer(untilMs: nowMs + Self.lingerMs, bytesLeft: service.options.discardBytesMax)
        guard lingerers.count < lingerersMax,
            watch(descriptor, EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue)
        else {
            _ = Socket.discard(descriptor, bytesMax: service.options.discardBytesMax)
            close(descriptor)
            return
        }
        lingerers[descriptor] = lingerer
        discardMore(of: descriptor)
    }

    /// Keeps a connection open that libmicrohttpd is about to close, and closes it gently.
    func lingerBeyond(_ descriptor: Int32) {
        // The watch belongs to what is open and not to its number; it would go on under a number that is taken anew.
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        if copy >= 0 { linger(copy) }
    }

    /// Something came, or the client has gone.
    func discardMore(of descriptor: Int32) {
        guard var lingerer = lingerers[descriptor] else { return }
        switch Socket.discard(descriptor, bytesMax: lingerer.bytesLeft) {
        case .end: endLingering(descriptor)
        case .some(let count):
            lingerer.bytesLeft -= count
            if lingerer.bytesLeft <= 0 { return endLingering(descriptor) }
            lingerers[descriptor] = lingerer
        }
    }

    /// Closes those whose time is over.
    func endLingering() {
        for (descriptor, lingerer) in lingerers where lingerer.untilMs <= nowMs { endLingering(descriptor) }
    }

    /// Closes all.
    func endLingeringAtOnce() {
        for descriptor in Array(lingerers.keys) { endLingering(descriptor) }
    }

    private func endLingering(_ descriptor: Int32) {
        lingerers[descriptor] = nil
        close(descriptor)
    }
}
