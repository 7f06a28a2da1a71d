import HTTP
import HTTPServer
import Kernel
import KernelTesting
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Answers whose bodies are made while they are sent.
@Suite(.timeLimit(.minutes(5))) struct StreamTests {
    private struct Fault: Error {}

    /// `line 1`, `line 2`, and so on.
    private static func lines(_ count: Int) -> HTTPBodyStream {
        HTTPBodyStream(from: 0) { made in
            if made == count { return nil }
            made += 1
            if made.isMultiple(of: 3) { await Task.yield() }
            return Array("line \(made)\n".utf8)
        }
    }

    private static func text(_ count: Int) -> String { "begin\n" + (0..<count).map { "line \($0 + 1)\n" }.joined() }

    private func server(
        _ stream: @escaping @Sendable () -> HTTPBodyStream, immediate: Bool = false, log: Log = .silent
    ) throws -> HTTPServer {
        try HTTPServer.test(
            handler: ClosureHandler { request in
                if request.head.path == "/plain" { return .text("plain") }
                return HTTPResponse(
                    status: 200, headers: ["Content-Type": "text/csv"], body: Array("begin\n".utf8), stream: stream())
            }, log: log, startTask: immediate ? HTTPServer.immediate : HTTPServer.pooled)
    }

    @Test(arguments: [0, 1, 2, 1000], [false, true])
    func `a streamed body comes whole, and the connection goes on`(count: Int, immediate: Bool) async throws {
        try await server({ Self.lines(count) }, immediate: immediate).use { port in
            let client = try RawClient(port: port)
            for _ in 0..<3 {
                let answer = try client.exchange(get("/"))
                #expect(answer.status == 200)
                #expect(answer["Content-Length"] == nil)
                #expect(answer["Content-Type"] == "text/csv")
                #expect(answer.text == Self.text(count))
                #expect(try client.exchange(get("/plain")).text == "plain")
            }
            try client.send(get("/") + get("/plain") + get("/"))
            #expect(try client.receive().text == Self.text(count))
            #expect(try client.receive().text == "plain")
            #expect(try client.receive().text == Self.text(count))
        }
    }

    @Test func `pieces that are empty or large are sent as they are`() async throws {
        let large = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let stream = HTTPBodyStream(from: 0) { count in
            count += 1
            return count > 6 ? nil : count.isMultiple(of: 2) ? large : []
        }
        let answer = try await server({ stream }).use { port in try RawClient(port: port).exchange(get("/")) }
        #expect(answer.body == Array("begin\n".utf8) + large + large + large)
    }

    @Test func `a client of HTTP 1_0 reads to the end of its connection`() async throws {
        try await server({ Self.lines(50) }).use { port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.0\r\n\r\n")
            let text = String(decoding: try client.receiveRest(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1."))
            #expect(text.hasSuffix("\r\n\r\n" + Self.text(50)))
        }
    }

    @Test func `HEAD asks for no piece`() async throws {
        let asked = Mutex(0)
        let stream = HTTPBodyStream {
            asked.withLock { $0 += 1 }
            return nil
        }
        try await server({ stream }).use { port in
            let client = try RawClient(port: port)
            #expect(try client.exchange("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n", toHead: true).status == 200)
            #expect(try client.receiveRest().isEmpty)
            #expect(try RawClient(port: port).exchange(get("/plain")).text == "plain")
        }
        #expect(asked.withLock { $0 } == 0)
    }

    @Test(arguments: [0, 1, 5]) func `a fault ends the connection, so that nobody takes a part for the whole`(
        after: Int
    )
        async throws
    {
        let lines = LogRecorder()
        let stream = HTTPBodyStream(from: 0) { count in
            if count == after { throw Fault() }
            count += 1
            return Array("line\n".utf8)
        }
        try await server({ stream }, log: lines.log(clock: ManualClock())).use { port in
            let client = try RawClient(port: port)
            try client.send(get("/"))
            let text = String(decoding: try client.receiveRest(), as: UTF8.self)
            #expect(text.contains("begin\n"))
            #expect(text.matches(of: /line\n/).count == after)
            #expect(!text.contains("\r\n0\r\n"))
            #expect(try RawClient(port: port).exchange(get("/plain")).text == "plain")
        }
        #expect(lines.lines(of: "http_stream_failed").count == 1)
    }

    @Test func `no more is made than a slow client has room for`() async throws {
        let piece = [UInt8](repeating: 0x78, count: 256 << 10)
        let made = Mutex(0)
        let taken = Mutex(0)
        let ahead = Mutex(0)
        let stream = HTTPBodyStream {
            let made = made.withLock { made -> Int in
                made += piece.count
                return made
            }
            let lead = made - taken.withLock { $0 }
            ahead.withLock { $0 = max($0, lead) }
            return made > 100 << 20 ? nil : piece
        }
        let server = try HTTPServer.test { _ in HTTPResponse(status: 200, stream: stream) }
        try await server.use { port in
            let client = try RawClient(port: port)
            try client.send(get("/"))
            // It takes nothing until no more is made for a while.
            var (seen, calm) = (0, 0)
            while calm < 20 {
                usleep(5000)
                let now = made.withLock { $0 }
                calm = now > 0 && now == seen ? calm + 1 : 0
                seen = now
            }
            var total = 0
            while total < 100 << 20 {
                let count = try client.receiveSome().count
                total += count
                taken.withLock { $0 += count }
            }
        }
        // What is under way is in the kernel's buffers, a few megabytes; the whole is a hundred.
        #expect(ahead.withLock { $0 } < 32 << 20)
    }

    @Test func `a client that leaves cancels the making`() async throws {
        let gate = Gate()
        let stream = HTTPBodyStream {
            await gate.pass()
            return Task.isCancelled ? nil : [1]
        }
        let server = try server({ stream })
        let client = try await offPool { [port = server.port] in
            let client = try RawClient(port: port)
            try client.send(get("/"))
            return client
        }
        await gate.waitFor(arrived: 1)
        try await offPool { client.reset() }
        await gate.waitFor(cancelled: 1)
        await server.drain(within: .seconds(30))
    }

    @Test func `what is being made when the server stops ends in time, and is broken off after it`() async throws {
        let gate = Gate()
        let stream = HTTPBodyStream(from: false) { isOver in
            if isOver { return nil }
            await gate.pass()
            isOver = true
            return Array("end".utf8)
        }
        let patient = try server({ stream })
        async let whole = offPool { [port = patient.port] in try RawClient(port: port).exchange(get("/")).text }
        await gate.waitFor(arrived: 1)
        async let drained: Void = patient.drain(within: .seconds(60))
        gate.openForAll()
        #expect(try await whole == "begin\nend")
        await drained

        let deaf = Gate()
        let stuck = HTTPBodyStream {
            // The gate is waited for by another task, which nobody cancels.
            await Task { await deaf.pass() }.value
            return nil
        }
        let hasty = try server({ stuck })
        async let part = offPool { [port = hasty.port] in
            let client = try RawClient(port: port)
            try client.send(get("/"))
            return String(decoding: try client.receiveRest(), as: UTF8.self)
        }
        await deaf.waitFor(arrived: 1)
        await hasty.drain(within: .zero)
        let text = try await part
        #expect(text.contains("begin\n"))
        #expect(!text.contains("\r\n0\r\n"))
        deaf.openForAll()
    }
}
