import Glibc
import Synchronization

/// A client that speaks through a plain socket and waits in the kernel; for threads of its own, see `offPool`.
final class RawClient: Sendable {
    struct Answer: Sendable {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        subscript(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The connection could not be made, or ended or stood still before a whole answer came.
    struct Broken: Error {
        let reason: String
    }

    let descriptor: Int32
    private let received = Mutex<[UInt8]>([])
    private let open = Mutex(true)

    /// Connects to the loopback address, from the one named or any.
    init(port: UInt16, from source: UInt8? = nil, receiveBufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        if let source {
            var own = address
            own.sin_port = 0
            own.sin_addr.s_addr = (UInt32(0x7F00_0000) + UInt32(source)).bigEndian
            _ = withUnsafePointer(to: &own) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Broken(reason: String(cString: strerror(errno))) }
        // Longer than a busy machine ever takes; no test waits for its end.
        var patience = timeval(tv_sec: 90, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { if open.withLock({ $0 }) { close(descriptor) } }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor, buffer.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { throw Broken(reason: "send: " + String(cString: strerror(errno))) }
            sent += count
        }
    }

    /// The next whole answer; the answer to HEAD has no body whatever its length says.
    func receive(toHead: Bool = false) throws -> Answer {
        try received.withLock { received in
            let end = Array("\r\n\r\n".utf8)
            while received.firstRange(of: end) == nil { received += try more() }
            guard let head = received.firstRange(of: end) else { throw Broken(reason: "no head") }
            let lines = String(decoding: received[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
            received.removeSubrange(..<head.upperBound)
            guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
                throw Broken(reason: "no status")
            }
            var answer = Answer(status: status, headers: [], body: [])
            for line in lines.dropFirst() {
                let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                answer.headers.append((String(halves[0]), String(halves[1].drop { $0 == " " })))
            }
            if !toHead, answer["Transfer-Encoding"] == "chunked" {
                while let chunk = try nextChunk(&received) { answer.body += chunk }
                return answer
            }
            let length = toHead || status == 100 ? 0 : answer["Content-Length"].flatMap { Int($0) } ?? 0
            while received.count < length { received += try more() }
            answer.body = Array(received[..<length])
            received.removeSubrange(..<length)
            return answer
        }
    }

    /// The next chunk of an answer's body; nil at the end.
    private func nextChunk(_ received: inout [UInt8]) throws -> ArraySlice<UInt8>? {
        while received.firstIndex(of: 0x0A) == nil { received += try more() }
        let line = received.prefix { $0 != 0x0A }
        guard line.last == 0x0D, let size = Int(String(decoding: line.dropLast(), as: UTF8.self), radix: 16) else {
            throw Broken(reason: "no chunk")
        }
        let whole = line.count + 1 + size + 2
        while received.count < whole { received += try more() }
        defer { received.removeSubrange(..<whole) }
        return size == 0 ? nil : received[(line.count + 1)..<(whole - 2)]
    }

    /// What comes next, however little.
    func receiveSome() throws -> [UInt8] {
        try received.withLock { received in
            if received.isEmpty { received += try more() }
            defer { received = [] }
            return received
        }
    }

    /// All that comes until the server closes.
    func receiveRest() throws -> [UInt8] {
        var rest: [UInt8] = []
        do {
            while true { rest += try receiveSome() }
        } catch let error as Broken where error.reason == "closed" {
            return rest
        }
    }

    /// Sends a byte again and again, `pauseMs` apart, until the server closes; the number of bytes that it took.
    func trickle(_ text: String = "x", pauseMs: Int32, countMax: Int) -> Int {
        for count in 0..<countMax {
            // It waits for the server rather than for the time.
            var look = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&look, 1, pauseMs) > 0 { return count }
            do { try send(text) } catch { return count }
        }
        return countMax
    }

    func exchange(_ text: String, toHead: Bool = false) throws -> Answer {
        try send(text)
        return try receive(toHead: toHead)
    }

    /// Whether the server closed the connection, or closes it before the patience ends.
    func isClosedByServer() -> Bool {
        do {
            while true { _ = try more() }
        } catch let error as Broken {
            return error.reason == "closed" || error.reason.contains("reset")
        } catch {
            return false
        }
    }

    /// Closes the sending half only.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Hangs up at once, with a reset.
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        open.withLock { open in
            close(descriptor)
            open = false
        }
    }

    private func more() throws -> ArraySlice<UInt8> {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count != 0 else { throw Broken(reason: "closed") }
        guard count > 0 else { throw Broken(reason: String(cString: strerror(errno)).lowercased()) }
        return buffer[..<count]
    }
}
