import CurlTransport
import HTTP
import HTTPServer
import Kernel
import KernelTesting
import Testing

struct EchoHandler: HTTPHandler {
    func admit(_ head: HTTPRequestHead) -> HTTPAdmission { .accept(bodyBytesMax: 8 << 20) }

    /// `/status/N` answers N; everything else tells what it got.
    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let words = request.head.path.split(separator: "/")
        if words.first == "status", let status = Int(words[1]) {
            return HTTPResponse(status: status, headers: ["Location": "/elsewhere", "X-Kind": "status"], body: [1, 2])
        }
        var headers: HTTPHeaders = [
            "X-Method": request.head.method, "X-Target": request.head.path + "?" + request.head.query,
        ]
        for (name, value) in request.head.headers.all { headers.add("X-Got-" + name, value) }
        return HTTPResponse(status: 200, headers: headers, body: request.body)
    }
}

@Suite(.timeLimit(.minutes(5))) struct CurlTransportTests {
    private func echo() throws -> HTTPServer {
        try HTTPServer.start(
            HTTPServerOptions(epollThreads: 1), handler: EchoHandler(), random: SeededRandom(), log: .silent)
    }

    @Test func `method, target, fields and body arrive as they were given`() async throws {
        let server = try echo()
        let transport = try CurlTransport(log: .silent)
        let answer = try await transport.send(
            HTTPClientRequest(
                method: "POST", url: "http://127.0.0.1:\(server.port)/v1/a%2Fb?x=%26",
                headers: [
                    "Authorization": "Bearer t", "X-Empty": "", "Content-Type": "application/x-www-form-urlencoded",
                ],
                body: Array("amount=980\0&x".utf8)))
        #expect(answer.status == 200)
        #expect(answer.headers["x-method"] == "POST")
        #expect(answer.headers["X-Target"] == "/v1/a%2Fb?x=%26")
        #expect(answer.headers["X-Got-Authorization"] == "Bearer t")
        #expect(answer.headers["X-Got-Content-Type"] == "application/x-www-form-urlencoded")
        #expect(answer.headers["X-Got-Expect"] == nil)
        #expect(answer.body == Array("amount=980\0&x".utf8))
        await server.drain(within: .zero)
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
    func `every method is sent, with a body and without`(method: String) async throws {
        let server = try echo()
        let transport = try CurlTransport(log: .silent)
        for body in [[], Array("text".utf8)] as [[UInt8]] where method != "HEAD" || body.isEmpty {
            let answer = try await transport.send(
                HTTPClientRequest(method: method, url: "http://127.0.0.1:\(server.port)/", body: body))
            #expect(answer.headers["X-Method"] == method)
            #expect(answer.headers["X-Got-Content-Type"] == nil)
            #expect(answer.body == body)
            if method == "POST" { #expect(answer.headers["X-Got-Content-Length"] == String(body.count)) }
        }
        await server.drain(within: .zero)
    }

    @Test(arguments: [200, 201, 204, 301, 302, 304, 307, 308, 400, 401, 402, 404, 409, 429, 500, 503])
    func `an answer of any status is an answer, and a redirect is not followed`(status: Int) async throws {
        let server = try echo()
        let transport = try CurlTransport(log: .silent)
        let answer = try await transport.send(
            HTTPClientRequest(method: "GET", url: "http://127.0.0.1:\(server.port)/status/\(status)"))
        #expect(answer.status == status)
        #expect(answer.headers["X-Kind"] == "status")
        #expect(answer.headers["X-Method"] == nil)
        await server.drain(within: .zero)
    }

    @Test func `large bodies go both ways`() async throws {
        let server = try echo()
        let transport = try CurlTransport(log: .silent)
        let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let answer = try await transport.send(
            HTTPClientRequest(method: "PUT", url: "http://127.0.0.1:\(server.port)/", body: body))
        #expect(answer.body == body)
        await server.drain(within: .zero)
    }

    @Test func `a hundred requests at once share the connections that are allowed`() async throws {
        let server = try echo()
        let transport = try CurlTransport(connectionsMax: 8, connectionsPerHostMax: 8, log: .silent)
        let most = Shared(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    let answer = try await transport.send(
                        HTTPClientRequest(
                            method: "POST", url: "http://127.0.0.1:\(server.port)/\(index)",
                            body: Array("\(index)".utf8)))
                    #expect(answer.headers["X-Target"] == "/\(index)?")
                    #expect(answer.body == Array("\(index)".utf8))
                    most.change { $0 = max($0, server.connectionCount) }
                }
            }
            try await group.waitForAll()
        }
        #expect(most.value <= 8)
        await server.drain(within: .zero)
    }

    @Test func `a connection is used again`() async throws {
        let server = RawServer { peer, _ in
            while !peer.request().isEmpty { peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        }
        let transport = try CurlTransport(log: .silent)
        for _ in 0..<10 {
            #expect(try await transport.send(HTTPClientRequest(method: "POST", url: server.url)).body.count == 2)
        }
        #expect(server.connectionCount == 1)
        server.stop()
    }

    @Test func `the log tells the host and the outcome and no more`() async throws {
        let server = try echo()
        let lines = LogRecorder()
        let transport = try CurlTransport(log: lines.log(clock: ManualClock()))
        _ = try await transport.send(
            HTTPClientRequest(
                method: "POST", url: "http://user:secret@127.0.0.1:\(server.port)/secret?secret",
                headers: ["Authorization": "secret"], body: Array("secret".utf8)))
        let line = try #require(lines.lines(of: "http_request_sent").first)
        #expect(line["host"] == .string("127.0.0.1:\(server.port)"))
        #expect(line["method"] == "POST")
        #expect(line["outcome"] == "200")
        #expect(!line.json.contains("secret"))
        await server.drain(within: .zero)
    }
}
