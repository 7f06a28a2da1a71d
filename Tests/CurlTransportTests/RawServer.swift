import Dispatch
import Glibc
import Synchronization

/// A listening socket whose connections are served by a closure, each on a thread of its own.
final class RawServer: Sendable {
    let port: UInt16
    private let listening: Listening
    private let count = Shared(0)

    /// Serves each connection by `serve`, which is given its number, from 0; the socket is closed after it.
    init(_ serve: @escaping @Sendable (_ peer: Peer, _ number: Int) -> Void) {
        let listening = Listening()
        self.listening = listening
        port = listening.port
        listen(listening.descriptor, 128)
        DispatchQueue(label: "test server").async { [count] in
            while true {
                let accepted = accept(listening.descriptor, nil, nil)
                guard accepted >= 0 else { return }
                let number = count.change { count -> Int in
                    count += 1
                    return count - 1
                }
                DispatchQueue(label: "test peer").async {
                    let peer = Peer(descriptor: accepted)
                    serve(peer, number)
                    peer.close()
                }
            }
        }
    }

    /// How many connections came.
    var connectionCount: Int { count.value }
    var url: String { "http://127.0.0.1:\(port)" }

    /// Ends the listening; a connection that is served is not touched. Nobody else gets the port while this lives.
    func stop() { shutdown(listening.descriptor, Int32(SHUT_RDWR)) }

    /// A socket with a port of its own; one that does not listen refuses every connection.
    final class Listening: Sendable {
        let descriptor: Int32
        let port: UInt16

        init() {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            port = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length)
                    getsockname(descriptor, $0, &length)
                }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
            self.descriptor = descriptor
        }

        // Closed by the last who uses it, so that no other socket can have its number meanwhile.
        deinit { close(descriptor) }
    }

    /// The other end of a connection.
    struct Peer: Sendable {
        let descriptor: Int32

        /// Reads one request: its head and as much body as it states; empty when the client is gone.
        func request() -> String {
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let text = String(decoding: received, as: UTF8.self)
                if let head = text.firstRange(of: "\r\n\r\n") {
                    let stated = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                    let length = stated.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
                    if text[head.upperBound...].utf8.count >= length { return text }
                }
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return "" }
                received.append(contentsOf: buffer[..<count])
            }
        }

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        /// Ends with a reset instead of an end.
        func reset() {
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        }

        /// Waits until the client is gone.
        func waitForEnd() {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
        }

        fileprivate func close() { _ = Glibc.close(descriptor) }
    }
}

/// A value that several tasks and threads change.
final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }

    @discardableResult
    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        state.withLock { value -> Result in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }
}
