import HTTP
import Kernel
import KernelTesting
import Testing

@testable import HTTPServer

#if canImport(Glibc)
    import Glibc
#endif

/// Who sends or takes too slowly is let go.
@Suite(.timeLimit(.minutes(5))) struct PaceTests {
    /// Waits until nobody is connected.
    private func waitForNobody(_ server: HTTPServer) {
        for _ in 0..<4000 where server.connectionCount > 0 { usleep(5000) }
        #expect(server.connectionCount == 0)
    }

    @Test(arguments: ["", "GET / HTTP/1.1\r\nHo"])
    func `a first head that does not come in time ends the connection`(beginning: String) async throws {
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 1, firstHeadTimeoutSeconds: 1)) { _ in
            .text("")
        }
        try await server.use { port in
            let client = try RawClient(port: port)
            try client.send(beginning)
            #expect(client.isClosedByServer())
        }
    }

    @Test func `a first head in drops ends the connection, though each came in time`() async throws {
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 1, firstHeadTimeoutSeconds: 1)) { _ in
            .text("")
        }
        try await server.use { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nX: ")
            #expect(client.trickle(pauseMs: 50, countMax: 1000) < 1000)
        }
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n",
    ]) func `a body in drops ends the connection long before its time is over`(head: String) async throws {
        let options = HTTPServerOptions(epollThreads: 1, rateBytesPerSecondMin: 1000, rateWindow: .milliseconds(500))
        let server = try HTTPServer.test(options) { _ in .text("") }
        try await server.use { port in
            let client = try RawClient(port: port)
            try client.send(head)
            #expect(client.trickle(pauseMs: 50, countMax: 1000) < 1000)
            #expect(try RawClient(port: port).exchange(get("/")).status == 200)
        }
    }

    @Test func `a later head in drops ends the connection`() async throws {
        let options = HTTPServerOptions(epollThreads: 1, rateBytesPerSecondMin: 1000, rateWindow: .milliseconds(500))
        let server = try HTTPServer.test(options) { _ in .text("") }
        try await server.use { port in
            let client = try RawClient(port: port)
            #expect(try client.exchange(get("/")).status == 200)
            try client.send("GET / HTTP/1.1\r\nX: ")
            #expect(client.trickle(pauseMs: 50, countMax: 1000) < 1000)
        }
    }

    @Test(arguments: [false, true]) func `who does not take an answer is let go`(isStreamed: Bool) async throws {
        let piece = [UInt8](repeating: 0x78, count: 1 << 20)
        let options = HTTPServerOptions(epollThreads: 1, rateBytesPerSecondMin: 1000, rateWindow: .milliseconds(500))
        let server = try HTTPServer.test(options) { _ in
            isStreamed
                ? HTTPResponse(status: 200, stream: HTTPBodyStream { piece })
                : HTTPResponse(status: 200, body: Array(repeating: piece, count: 32).flatMap { $0 })
        }
        try await server.use { [self, server] port in
            let client = try RawClient(port: port, receiveBufferBytes: 4096)
            try client.send(get("/"))
            #expect(try client.receiveSome().isEmpty == false)
            waitForNobody(server)
            #expect(
                try RawClient(port: port).exchange("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n", toHead: true).status == 200)
        }
    }

    @Test func `who waits for the server is not slow`() {
        let options = HTTPServerOptions(rateBytesPerSecondMin: 500, rateWindow: .seconds(10))
        var pace = Pace(bytes: 0, sinceMs: 0)
        // The next piece was being made for nine seconds, and then the client took 500 bytes in one.
        pace.pause(forMs: 9_000)
        var isTooSlow = pace.isTooSlow(bytes: 500, nowMs: 10_000, options: options)
        #expect(!isTooSlow)
        isTooSlow = pace.isTooSlow(bytes: 4_999, nowMs: 19_000, options: options)
        #expect(isTooSlow)
    }

    @Test func `who has taken all that it was given is told from who has not`() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(!Socket.hasUnconfirmed(ends[0]))
        var bytes = [UInt8](repeating: 1, count: 100)
        #expect(send(ends[0], bytes, bytes.count, 0) == 100)
        #expect(Socket.hasUnconfirmed(ends[0]))
        #expect(recv(ends[1], &bytes, bytes.count, 0) == 100)
        #expect(!Socket.hasUnconfirmed(ends[0]))
        // What is no socket lets the counts decide.
        #expect(Socket.hasUnconfirmed(-1))
    }

    @Test func `a pace is measured window by window`() {
        let options = HTTPServerOptions(rateBytesPerSecondMin: 500, rateWindow: .seconds(10))
        var pace = Pace(bytes: 1_000_000, sinceMs: 0)
        // What was sent in the window before does not count.
        let counts: [(bytes: UInt64, nowMs: Int64, isTooSlow: Bool)] = [
            (1_000_000, 9_999, false), (1_005_000, 10_000, false), (1_005_100, 19_000, false),
            (1_009_999, 20_000, true),
        ]
        for count in counts {
            let isTooSlow = pace.isTooSlow(bytes: count.bytes, nowMs: count.nowMs, options: options)
            #expect(isTooSlow == count.isTooSlow, "\(count)")
        }
        var unlimited = Pace(bytes: 0, sinceMs: 0)
        let isTooSlow = unlimited.isTooSlow(
            bytes: 0, nowMs: 100_000, options: HTTPServerOptions(rateBytesPerSecondMin: 0))
        #expect(!isTooSlow)
    }
}
