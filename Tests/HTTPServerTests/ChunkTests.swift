import HTTP
import HTTPServer
import JSON
import KernelTesting
import Synchronization
import Testing

/// Chunked bodies whose chunks are in doubt.
@Suite(.timeLimit(.minutes(5))) struct ChunkTests {
    private static let head = "POST /body HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// What reached the handler, and the status of the answer; 0 when the line was cut.
    private func outcome(_ chunks: [String]) async throws -> (status: Int, bodies: [String], closed: Bool) {
        let bodies = Mutex<[String]>([])
        let server = try HTTPServer.test { request in
            bodies.withLock { $0.append("\(request.head.path) \(String(decoding: request.body, as: UTF8.self))") }
            return .text("")
        }
        let (status, closed) = try await server.use { port in
            let client = try RawClient(port: port)
            do {
                for piece in chunks { try client.send(piece) }
                let status = try client.receive().status
                return (status, client.isClosedByServer())
            } catch let error as RawClient.Broken where error.reason == "closed" || error.reason.contains("reset") {
                return (0, true)
            }
        }
        return (status, bodies.withLock { $0 }, closed)
    }

    @Test(arguments: [
        // Bare line feeds, behind a size, behind data, and in an extension.
        "4\nbody\r\n0\r\n\r\n", "4\r\nbody\n4\r\nmore\r\n0\r\n\r\n", "4;a\nbody\r\n0\r\n\r\n",
        "4;a\nb\r\nbody\r\n0\r\n\r\n",
        // Sizes that are none.
        "0x4\r\nbody\r\n0\r\n\r\n", "+4\r\nbody\r\n0\r\n\r\n", "-4\r\nbody\r\n0\r\n\r\n", " 4\r\nbody\r\n0\r\n\r\n",
        "4 \r\nbody\r\n0\r\n\r\n", "4 ;a\r\nbody\r\n0\r\n\r\n", ";a\r\nbody\r\n0\r\n\r\n", "\r\nbody\r\n0\r\n\r\n",
        "g\r\nbody\r\n0\r\n\r\n",
        "11111111111111111\r\nbody\r\n0\r\n\r\n", "4,4\r\nbody\r\n0\r\n\r\n",
        // Data that ends elsewhere.
        "4\r\nbodyx\r\n0\r\n\r\n", "3\r\nbody\r\n0\r\n\r\n", "4\r\nbody0\r\n\r\n", "4\r\nbody\rX0\r\n\r\n",
        // Control characters in an extension, and in what follows the last chunk.
        "4;a=\u{1}\r\nbody\r\n0\r\n\r\n", "4;\u{0}\r\nbody\r\n0\r\n\r\n", "4\r\nbody\r\n0\r\nX\u{1}: a\r\n\r\n",
        "4\r\nbody\r\n0\r\nX Y: a\r\n\r\n", "4\r\nbody\r\n0\r\nX\r\n\r\n",
    ]) func `a chunk that is in doubt ends the connection, and the request is not done`(chunks: String) async throws {
        let (status, bodies, closed) = try await outcome([Self.head + chunks + get("/smuggled")])
        #expect(status == 0 || (400...499).contains(status), "\(status)")
        #expect(bodies == [])
        #expect(closed)
    }

    /// A line that libmicrohttpd would keep until its end comes, and wait for in a circle when it has no room for more.
    struct Endless: Sendable, CustomTestStringConvertible {
        let before: String
        let letter: String
        let count: Int
        /// Of fields behind the last chunk libmicrohttpd may find by itself that it has no room for them.
        var isTrailer: Bool { before.hasPrefix("0\r\n") }
        var text: String { before + String(repeating: letter, count: count) }
        var testDescription: String { "\(before.debugDescription) and \(count) of \(letter)" }
    }

    private static let endless: [Endless] =
        (0...12).map { Endless(before: "2;", letter: "a", count: 42_000 + 500 * $0) } + [
            Endless(before: "2;", letter: "a", count: 400_000), Endless(before: "", letter: "0", count: 60_000),
            Endless(before: "0\r\nX: ", letter: "a", count: 60_000),
            Endless(before: "2\r\n{}\r\n2;", letter: "a", count: 60_000),
        ]

    @Test(arguments: endless) func `a line of a chunk that does not end is refused, and others are served`(
        line: Endless
    ) async throws {
        let refusals = Mutex<[String]>([])
        let server = try HTTPServer.test(
            handler: ClosureHandler(
                refusal: { code in refusals.withLock { $0.append(code) } },
                answer: { .text(String(decoding: $0.body, as: UTF8.self)) }))
        try await server.use { port in
            // One that just takes its time, also within a line.
            let slow = try RawClient(port: port)
            try slow.send(Self.head + "4;some")
            let client = try RawClient(port: port)
            do {
                try client.send(Self.head + line.text)
                // What does not fill libmicrohttpd's buffer is waited for, and too long all the same.
                if line.count < 48_000 { try client.send(String(repeating: "a", count: 8_000)) }
                let answer = try client.receive()
                if !line.isTrailer || answer.status != 431 {
                    #expect(answer.status == 400)
                    #expect(try JSONValue(parsing: answer.body)["code"] == "framing_not_valid")
                }
                #expect(client.isClosedByServer())
            } catch is RawClient.Broken {
                // Who still sends when it is refused may lose the answer.
            }
            #expect(try RawClient(port: port).exchange(get("/")).status == 200)
            try slow.send("thing\r\nbo")
            #expect(try RawClient(port: port).exchange(get("/")).status == 200)
            try slow.send("dy\r\n0\r\n\r\n")
            #expect(try slow.receive().text == "body")
        }
        let codes = refusals.withLock { $0 }
        #expect(codes == ["framing_not_valid"] || line.isTrailer && codes.isEmpty)
    }

    @Test func `a doubt that libmicrohttpd does not have is told as a problem`() async throws {
        let server = try HTTPServer.test { _ in .text("") }
        try await server.use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange(Self.head + "4\nbody\r\n0\r\n\r\n" + get("/smuggled"))
            #expect(answer.status == 400)
            #expect(try JSONValue(parsing: answer.body)["code"] == "framing_not_valid")
            #expect(client.isClosedByServer())
        }
    }

    @Test func `extensions are let pass, and are bounded`() async throws {
        let good = try await outcome([
            Self.head + "4;a=b;c=\"d e\"\r\nbody\r\n00000002;x\r\n, \r\n4\r\nmore\r\n0;last\r\n\r\n"
        ])
        #expect(good.bodies == ["/body body, more"])
        let long = String(repeating: "x", count: 900)
        let much = String(repeating: "1;\(long)\r\na\r\n", count: 40)
        let bad = try await outcome([Self.head + much + "0\r\n\r\n"])
        #expect(bad.bodies == [])
        #expect(bad.closed)
    }

    @Test(arguments: [1, 2, 3, 5, 7, 11]) func `a body is the same however its chunks are cut`(size: Int) async throws {
        let text =
            Self.head + "4;x=y\r\nbody\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nX: trailer\r\n\r\n"
        let bytes = Array(text.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { start in
            String(decoding: bytes[start..<min(start + size, bytes.count)], as: UTF8.self)
        }
        let (status, bodies, _) = try await outcome(pieces)
        #expect(status == 200)
        #expect(bodies == ["/body body 0123456789"])
    }

    @Test(arguments: [
        "4\r\nbody\r\n0\r\n\r\n",
        // Ends that libmicrohttpd takes and others do not: nothing comes behind them in which it would show.
        "4\r\nbody\r\n0\n\n", "4\r\nbody\n0\r\n\r\n", "4\r\nbody\r\n0\r\nX: a\n\r\n",
        "4\r\nbody\r\n0\r\nX: a\r\n b\r\n\r\n",
    ]) func `nothing behind a body in chunks becomes a request`(chunks: String) async throws {
        for pieces in [[Self.head + chunks + get("/smuggled")], [Self.head + chunks, get("/smuggled")]] {
            let (status, bodies, closed) = try await outcome(pieces)
            #expect(status == 200 || (400...499).contains(status) || status == 0, "\(status)")
            #expect(bodies.allSatisfy { $0 == "/body body" } && bodies.count <= 1)
            #expect(closed)
        }
        // Cut just behind a size, what stands there is not seen either.
        let (_, bodies, closed) = try await outcome([Self.head + "4\n", "body\r\n0\r\n\r\n" + get("/smuggled")])
        #expect(bodies.allSatisfy { $0 == "/body body" } && bodies.count <= 1)
        #expect(closed)
    }
}
