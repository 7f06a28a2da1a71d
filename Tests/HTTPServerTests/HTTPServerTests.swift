import HTTP
import HTTPServer
import JSON
import Kernel
import KernelTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct HTTPServerTests {
    @Test(arguments: [false, true]) func `two requests travel on one connection`(immediate: Bool) async throws {
        let server = try HTTPServer.test(
            handler: ClosureHandler { .text("you asked \($0.head.path)") },
            startTask: immediate ? HTTPServer.immediate : HTTPServer.pooled)
        try await server.use { port in
            let client = try RawClient(port: port)
            for path in ["/one", "/two"] {
                let answer = try client.exchange(get(path))
                #expect(answer.status == 200)
                #expect(answer.text == "you asked \(path)")
                #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
                #expect(answer["Date"] != nil)
                #expect(answer["Connection"] == nil)
            }
        }
    }

    @Test func `requests sent in one go are answered in their order`() async throws {
        let server = try HTTPServer.test { .text($0.head.path) }
        try await server.use { port in
            let client = try RawClient(port: port)
            try client.send((0..<20).map { get("/\($0)") }.joined())
            for index in 0..<20 { #expect(try client.receive().text == "/\(index)") }
        }
    }

    @Test func `a client that asks to close is closed after its answer`() async throws {
        let server = try HTTPServer.test { _ in .text("bye") }
        try await server.use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange(get("/", "Connection: close\r\n"))
            #expect(answer.text == "bye")
            #expect(answer["Connection"] == "close")
            #expect(client.isClosedByServer())
        }
    }

    @Test(arguments: [
        "HEAD / HTTP/1.1\r\nHost: a\r\nNo field\r\n\r\n", "\r\nHEAD / HTTP/1.1\r\nHo)st: a\r\n\r\n",
        "HEAD  / HTTP/1.1\r\n\r\n",
        "HEAD / HTTP/1.1\nHost: a\n\n", "HEAD\r\n\r\n", "HEAD / HTTP/3.0\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n",
    ])
    func `a HEAD that is refused gets no body either`(request: String) async throws {
        try await HTTPServer.test { _ in .text("never") }.use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange(request, toHead: true)
            #expect(answer.status == 400 || answer.status == 505)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer["Content-Length"].flatMap { Int($0) } ?? 0 > 0)
            #expect(try client.receiveRest() == [])
        }
    }

    @Test func `of another method a refusal has its body`() async throws {
        try await HTTPServer.test { _ in .text("never") }.use { port in
            let answer = try RawClient(port: port).exchange("HEADS  / HTTP/1.1\r\n\r\n")
            #expect(answer.status == 400)
            #expect(!answer.body.isEmpty)
        }
    }

    @Test func `HEAD gets the fields of GET and no body`() async throws {
        let server = try HTTPServer.test { _ in .text("twelve bytes") }
        try await server.use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n", toHead: true)
            #expect(answer.status == 200)
            #expect(answer["Content-Length"] == "12")
            #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
            // Had a body followed, it would be read as the head of this answer.
            #expect(try client.exchange(get("/")).text == "twelve bytes")
        }
    }

    @Test func `answers without a body leave the connection in step`() async throws {
        let server = try HTTPServer.test { request in
            HTTPResponse(status: request.head.path == "/304" ? 304 : 204, headers: ["ETag": "\"a\""])
        }
        try await server.use { port in
            let client = try RawClient(port: port)
            for path in ["/204", "/304", "/204"] {
                let answer = try client.exchange(get(path), toHead: true)
                #expect(answer.status == (path == "/304" ? 304 : 204))
                #expect(answer["ETag"] == "\"a\"")
            }
        }
    }

    @Test func `path and query reach the handler as they were sent`() async throws {
        let server = try HTTPServer.test {
            .text("\($0.head.method) \($0.head.path) \($0.head.query) \($0.head.remoteAddress)")
        }
        try await server.use { port in
            let client = try RawClient(port: port)
            #expect(
                try client.exchange(get("/a%2Fb/%E6%B1%BA+%20?x=%26&y=a+b&x=2&%3D%00")).text
                    == "GET /a%2Fb/%E6%B1%BA+%20 x=%26&y=a+b&x=2&%3D%00 127.0.0.1")
            #expect(try client.exchange(get("/plain?")).text == "GET /plain  127.0.0.1")
            #expect(try client.exchange(get("/a?b?c")).text == "GET /a b?c 127.0.0.1")
            #expect(try client.exchange(get("//x/../y")).text == "GET //x/../y  127.0.0.1")
            #expect(try client.exchange(get("http://host:80/p?q=1")).text == "GET /p q=1 127.0.0.1")
            #expect(try client.exchange(get("http://host")).text == "GET /  127.0.0.1")
        }
    }

    @Test func `all fields reach the handler and all of its fields the client`() async throws {
        let server = try HTTPServer.test { request in
            var headers: HTTPHeaders = ["Content-Type": "text/plain"]
            for value in request.head.headers.values("X-Many") { headers.add("Set-Cookie", value) }
            headers["X-Japanese"] = request.head.headers["x-japanese"]
            return HTTPResponse(status: 201, headers: headers)
        }
        try await server.use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange(get("/", "X-Many: a=1\r\nx-many: b=2;c\r\nX-Japanese: 決済\r\n"))
            #expect(answer.status == 201)
            #expect(answer.headers.filter { $0.name == "Set-Cookie" }.map(\.value) == ["a=1", "b=2;c"])
            #expect(answer["X-Japanese"] == "決済")
        }
    }

    @Test func `a handler may answer from another thread`() async throws {
        let server = try HTTPServer.test { request in
            (try? await offPool { .text("from elsewhere, \(request.body.count)") }) ?? .text("")
        }
        try await server.use { port in
            let client = try RawClient(port: port)
            #expect(try client.exchange(post("/", "four")).text == "from elsewhere, 4")
        }
    }

    @Test func `a large answer arrives whole`() async throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let server = try HTTPServer.test { _ in HTTPResponse(status: 200, body: body) }
        let received = try await server.use { port in
            let client = try RawClient(port: port)
            _ = try client.exchange(get("/"))
            return try client.exchange(get("/")).body
        }
        #expect(received == body)
    }

    @Test(
        arguments: [
            ["X-Bad": "a\r\nSet-Cookie: stolen=1"], ["X-Bad": "a\nb"], ["X-Bad": "a\0b"], ["X Bad": "a"],
            ["X:Bad": "a"],
        ] as [HTTPHeaders])
    func `a field that would be more than one field is never sent`(headers: HTTPHeaders) async throws {
        let lines = LogRecorder()
        let server = try HTTPServer.test(
            handler: ClosureHandler { _ in HTTPResponse(status: 200, headers: headers, body: [1]) },
            log: lines.log(clock: ManualClock()))
        try await server.use { port in
            let answer = try RawClient(port: port).exchange(get("/"))
            #expect(answer.status == 500)
            #expect(answer["Set-Cookie"] == nil)
            #expect(answer["Content-Type"] == "application/problem+json")
        }
        #expect(lines.lines(of: "http_answer_not_sendable").count == 1)
    }

    @Test(arguments: [1, 99, 101, 600, -1]) func `a status that is none becomes 500`(status: Int) async throws {
        let server = try HTTPServer.test { _ in HTTPResponse(status: status) }
        let answered = try await server.use { port in try RawClient(port: port).exchange(get("/")).status }
        #expect(answered == 500)
    }

    @Test func `a port that is taken is an error`() throws {
        let server = try HTTPServer.test { _ in .text("") }
        #expect(
            throws: HTTPServerError.cannotListen(host: "127.0.0.1", port: server.port, reason: "Address already in use")
        ) {
            _ = try HTTPServer.test(HTTPServerOptions(port: server.port)) { _ in .text("") }
        }
        #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer.test(HTTPServerOptions(host: "256.0.0.1")) { _ in .text("") }
        }
    }
}
