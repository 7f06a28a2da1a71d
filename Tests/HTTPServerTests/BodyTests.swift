import HTTP
import HTTPServer
import JSON
import Kernel
import KernelTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct BodyTests {
    /// Takes ten bytes, refuses `/refused`, and says what it got.
    private func server(_ options: HTTPServerOptions = HTTPServerOptions(epollThreads: 1)) throws -> HTTPServer {
        try HTTPServer.test(
            options,
            handler: ClosureHandler(
                admission: { head in
                    head.path == "/refused"
                        ? .refuse(Problem.notFound("page").response(requestID: head.requestID))
                        : .accept(bodyBytesMax: 10)
                },
                answer: { .text("got \(String(decoding: $0.body, as: UTF8.self))") }))
    }

    @Test func `a body arrives by its length, in pieces or in one`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            #expect(try client.exchange(post("/", "0123456789")).text == "got 0123456789")
            try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Le")
            try client.send("ngth: 4\r\n\r\n12")
            try client.send("34")
            #expect(try client.receive().text == "got 1234")
            #expect(try client.exchange(post("/", "")).text == "got ")
        }
    }

    @Test func `a body arrives in chunks, and is the last on its connection`() async throws {
        try await server().use { port in
            for _ in 0..<2 {
                let client = try RawClient(port: port)
                try client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n")
                try client.send("4\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n")
                let answer = try client.receive()
                #expect(answer.text == "got abcdefg")
                #expect(answer["Connection"] == "close" && client.isClosedByServer())
            }
        }
    }

    @Test func `a client that asks first is told to go on`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.receive().status == 100)
            #expect(try client.exchange("four").text == "got four")
        }
    }

    @Test(arguments: [("/refused", "4", 404), ("/", "11", 413)])
    func `a client that asks first is refused without sending`(path: String, length: String, status: Int) async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            let head =
                "POST \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(length)\r\nExpect: 100-continue\r\n\r\n"
            #expect(try client.exchange(head).status == status)
        }
    }

    @Test func `a body that is too large by its length is 413, and the connection lives`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange(post("/", "01234567890"))
            #expect(answer.status == 413)
            #expect(try JSONValue(parsing: answer.body)["code"] == "body_too_large")
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer["X-Request-Id"] != nil)
            #expect(try client.exchange(post("/", "short")).text == "got short")
        }
    }

    @Test func `a body that grows too large in chunks is 413`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            let head = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
            let answer = try client.exchange(head + "6\r\nabcdef\r\n6\r\nghijkl\r\n0\r\n\r\n")
            #expect(answer.status == 413)
            #expect(try JSONValue(parsing: answer.body)["code"] == "body_too_large")
            #expect(answer["Connection"] == "close" && client.isClosedByServer())
        }
    }

    @Test func `large bodies hold so much together, and small ones are never refused for them`() async throws {
        let gate = Gate()
        let server = try HTTPServer.test(
            HTTPServerOptions(epollThreads: 2, bodiesBytesMax: 100_000),
            handler: ClosureHandler(
                admission: { _ in .accept(bodyBytesMax: 1 << 20) },
                answer: { request in
                    if request.head.path == "/hold" { await gate.pass() }
                    return .text("\(request.body.count)")
                }))
        // 64 KiB of each are its own.
        let large = String(repeating: "x", count: 140_000)
        let holder = try await offPool { [port = server.port] in
            let holder = try RawClient(port: port)
            try holder.send(post("/hold", large))
            return holder
        }
        await gate.waitFor(arrived: 1)
        try await server.use { port in
            let refused = try RawClient(port: port).exchange(post("/", large))
            #expect(refused.status == 503 && refused["Retry-After"] == "1")
            #expect(try JSONValue(parsing: refused.body)["code"] == "overloaded")
            #expect(try RawClient(port: port).exchange(post("/", String(large.prefix(65_536)))).text == "65536")
            // What is answered, and what is left, gives its room back.
            gate.openForAll()
            #expect(try holder.receive().text == "140000")
            for _ in 0..<2 {
                var taken = try RawClient(port: port).exchange(post("/", large))
                while taken.status == 503 { taken = try RawClient(port: port).exchange(post("/", large)) }
                #expect(taken.text == "140000")
                try RawClient(port: port).send(String(post("/", large).dropLast(10)))
            }
        }
    }

    @Test func `a huge body is refused before it comes`() async throws {
        try await server(HTTPServerOptions(epollThreads: 1, discardBytesMax: 1000)).use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000000000\r\n\r\n")
            #expect(answer.status == 413)
            #expect(answer["Connection"] == "close")
            #expect(client.isClosedByServer())
        }
    }

    @Test func `chunks without an end are cut off`() async throws {
        try await server(HTTPServerOptions(epollThreads: 1, discardBytesMax: 1000)).use { port in
            let client = try RawClient(port: port)
            try client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(throws: RawClient.Broken.self) {
                while true { try client.send("100\r\n" + String(repeating: "x", count: 256) + "\r\n") }
            }
        }
    }

    @Test func `a refused request with a small body keeps its connection`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            #expect(try client.exchange(post("/refused", "four")).status == 404)
            #expect(try client.exchange(get("/refused")).status == 404)
            #expect(try client.exchange(post("/", "four")).text == "got four")
        }
    }

    @Test(arguments: [
        ("Content-Length: 4\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Content-Length: -1\r\n", 400), ("Content-Length: 4, 4\r\n", 400),
        ("Content-Length: 99999999999999999999\r\n", 413),
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Content-Length : 4\r\n", 400), ("X-A: \u{1}\r\n", 400), ("X-A: a\rContent-Length: 4\r\n", 400),
        ("Transfer-Encoding: chun\u{212A}ed\r\n", 501), ("X-A: b\r\n c\r\n", 400), ("Content-Len: 4\r\n gth\r\n", 400),
        ("X-A: b\n", 400), ("X-A: b\0c\r\n", 400), ("\0Content-Length: 4\r\n", 400), ("Host: other\r\n", 400),
    ])
    func `a body whose length two readers could read differently is refused`(fields: String, status: Int) async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange("POST / HTTP/1.1\r\nHost: test\r\n\(fields)\r\n")
            #expect(answer.status == status)
            #expect(client.isClosedByServer())
        }
    }

    @Test(arguments: [
        ("GET /\u{e9} HTTP/1.1\r\nHost: test\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: test\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: test\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: test\r\n\n", 400),
        ("GET /\0a HTTP/1.1\r\nHost: test\r\n\r\n", 400), ("GE\0T / HTTP/1.1\r\nHost: test\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/3.0\r\nHost: test\r\n\r\n", 505), (get("/", "X: \(String(repeating: "x", count: 9000))\r\n"), 431),
        (get("/" + String(repeating: "x", count: 60_000)), 414),
    ])
    func `a head that is not as it should be is refused`(head: String, status: Int) async throws {
        try await server(HTTPServerOptions(epollThreads: 1, headBytesMax: 8 << 10)).use { port in
            let answer = try RawClient(port: port).exchange(head)
            #expect(answer.status == status)
        }
    }

    @Test func `a request that never comes whole is given up`() async throws {
        try await server(HTTPServerOptions(epollThreads: 1, receiveTimeoutSeconds: 0)).use { port in
            let client = try RawClient(port: port)
            try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nab")
            #expect(client.isClosedByServer())
        }
    }

    @Test func `a connection on which nothing comes is given up`() async throws {
        try await server(HTTPServerOptions(epollThreads: 1, idleTimeoutSeconds: 1)).use { port in
            let client = try RawClient(port: port)
            #expect(try client.exchange(get("/")).status == 200)
            #expect(client.isClosedByServer())
        }
    }

    @Test func `who sends more chunks than are thrown away is answered, and let go`() async throws {
        try await server(HTTPServerOptions(epollThreads: 1, discardBytesMax: 1000)).use { port in
            let client = try RawClient(port: port)
            try client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "200\r\n" + String(repeating: "x", count: 0x200) + "\r\n"
            for _ in 0..<4 { try client.send(chunk) }
            let answer = try client.receive()
            #expect(answer.status == 413)
            #expect(try JSONValue(parsing: answer.body)["code"] == "body_too_large")
            #expect(answer["Connection"] == "close")
            #expect(client.isClosedByServer())
        }
    }

    @Test func `what the server refuses by itself is counted, and logged where its head was whole`() async throws {
        let codes = Mutex<[String]>([])
        let recorder = LogRecorder()
        let server = try HTTPServer.test(
            HTTPServerOptions(epollThreads: 1, discardBytesMax: 1000),
            handler: ClosureHandler(
                admission: { _ in .accept(bodyBytesMax: 10) },
                refusal: { code in codes.withLock { $0.append(code) } }, answer: { _ in .text("") }),
            log: recorder.log(clock: ManualClock()))
        let ids = try await server.use { port in
            let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            return try [
                post("/", "01234567890"), chunked + "b\r\n01234567890\r\n0\r\n\r\n", chunked + "1\n0\r\n0\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nNo field\r\n\r\n", get("/"),
            ].map { try RawClient(port: port).exchange($0)["X-Request-Id"] }
        }
        let expected = ["body_too_large", "body_too_large", "framing_not_valid", "host_not_valid", "head_not_valid"]
        #expect(codes.withLock { $0 } == expected)
        let told = recorder.lines(of: "request_refused")
        #expect(told.map { $0["code"] } == expected.dropLast().map { .string($0) })
        #expect(told.map { $0["request_id"] } == ids.prefix(4).map { .string($0 ?? "") })
    }
}
