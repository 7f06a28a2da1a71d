import DriverSupport
import Foundation
import Glibc
import Testing
import Threads

/// A line between a database and its server that can go dead: it still takes what is sent, and brings nothing, as a
/// machine does that lost its power behind a pooler or a firewall.
final class Wire: Sendable {
    private struct State: Sendable {
        var files: [Int32] = []
        /// Connections made before this one are dead, by their count.
        var deadBefore = 0
        var isDead = false
        var losesAnswersOnly = false
        var isOver = false
        var made = 0
        var turns = 0
        var isClientsTurn = true
    }

    /// Where the line begins.
    let port: Int
    private let listening: Int32
    private let serverPort: Int
    private let state = Monitor(State())

    /// A line to the server of a URL, on loopback.
    init(to url: String) throws {
        serverPort = try #require(URLComponents(string: url)?.port)
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        listening = file
        var address = Self.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                try #require(bind(file, pointer, size) == 0 && listen(file, 64) == 0)
                try #require(getsockname(file, pointer, &size) == 0)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        try OwnedThread.start(named: "wire") { self.accept() }
    }

    /// A URL of the server, over this line.
    func url(_ url: String) throws -> String {
        var parts = try #require(URLComponents(string: url))
        parts.port = port
        return try #require(parts.string)
    }

    /// What goes over the line from now on is lost, on new connections too.
    func die() { state.withLock { $0.isDead = true } }

    /// The connections that there are bring nothing any more; new ones work.
    func dieForThoseThereAre() { state.withLock { $0.deadBefore = $0.made } }

    /// The server still hears, and its answers are lost.
    func loseAnswers() {
        state.withLock { state in
            state.isDead = true
            state.losesAnswersOnly = true
        }
    }

    /// The line works again, for new connections; those that lost something are cut.
    func recover() {
        state.withLock { state in
            state.isDead = false
            state.losesAnswersOnly = false
            for file in state.files { shutdown(file, Int32(SHUT_RDWR)) }
        }
    }

    /// How often something was sent to the server after it had answered.
    var turnCount: Int { state.withLock { $0.turns } }

    /// Ends everything.
    func end() {
        state.withLock { state in
            state.isOver = true
            for file in state.files { shutdown(file, Int32(SHUT_RDWR)) }
        }
        shutdown(listening, Int32(SHUT_RDWR))
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listening, nil, nil)
            if client < 0 || state.withLock({ $0.isOver }) { break }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.address(serverPort)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            let number = state.withLock { state -> Int in
                state.files += [client, server]
                state.made += 1
                return state.made
            }
            do {
                try OwnedThread.start(named: "wire") { self.pump(client, server, number, isAnswer: false) }
                try OwnedThread.start(named: "wire") { self.pump(server, client, number, isAnswer: true) }
            } catch { Issue.record(error) }
        }
        close(listening)
    }

    private func pump(_ from: Int32, _ to: Int32, _ number: Int, isAnswer: Bool) {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(from, &bytes, bytes.count)
            let isLost = state.withLock { state in
                if count > 0 {
                    if !isAnswer, state.isClientsTurn { state.turns += 1 }
                    state.isClientsTurn = isAnswer
                }
                return number <= state.deadBefore || state.isDead && (isAnswer || !state.losesAnswersOnly)
            }
            if count <= 0 {
                // Who hung up behind a dead line is not heard either.
                if !isLost { shutdown(to, Int32(SHUT_RDWR)) }
                break
            }
            if !isLost { _ = send(to, bytes, count, Int32(MSG_NOSIGNAL)) }
        }
    }
}

/// Runs `body` with a line to the tests' server, and a database over it.
func withWire(_ body: (Wire, Sandbox) async throws -> Void) async throws {
    let wire = try Wire(to: try #require(TestServer.url))
    defer { wire.end() }
    try await withSandbox { sandbox async throws in try await body(wire, sandbox) }
}
