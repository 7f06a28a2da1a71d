internal import Glibc

/// One connection to a port of the loopback: sends bytes, and reads until the server closes.
enum WireClient {
    /// How it ended.
    enum End: Sendable {
        /// The server closed.
        case closed
        /// The server broke it off; what it had answered may be lost.
        case reset
        /// Nothing came for too long.
        case silent
    }

    /// Sends each piece by itself and then no more. Throws ``BrokenProperty`` when it cannot connect.
    static func exchange(_ pieces: [ArraySlice<UInt8>], port: UInt16) throws -> (received: [UInt8], end: End) {
        // libFuzzer's timer would interrupt what waits.
        var (timer, before) = (sigset_t(), sigset_t())
        sigemptyset(&timer)
        sigaddset(&timer, SIGALRM)
        pthread_sigmask(SIG_BLOCK, &timer, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let descriptor = try connected(port)
        defer { close(descriptor) }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var waiting = pieces.filter { !$0.isEmpty }[...]
        var isSending = true
        while true {
            if isSending, waiting.isEmpty {
                shutdown(descriptor, Int32(SHUT_WR))
                isSending = false
            }
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN | (isSending ? POLLOUT : 0)), revents: 0)
            guard poll(&watched, 1, 60_000) > 0 else { return (received, .silent) }
            if watched.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if count == 0 { return (received, .closed) }
                if count < 0, errno != EAGAIN, errno != EINTR { return (received, .reset) }
                if count > 0 { received += buffer[..<count] }
            }
            if watched.revents & Int16(POLLOUT) != 0, let piece = waiting.first {
                let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                let count = piece.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
                if count < 0, errno != EAGAIN, errno != EINTR {
                    // The server takes no more; what it said stands in the buffer, if anywhere.
                    waiting = []
                } else if count == piece.count {
                    waiting.removeFirst()
                    sched_yield()
                } else if count > 0 {
                    waiting[waiting.startIndex] = piece.dropFirst(count)
                }
            }
        }
    }

    private static func connected(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard descriptor >= 0, status == 0 else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw BrokenProperty(description: "the server takes no connection: \(reason)")
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// How many descriptors this process has open.
    static func openDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
