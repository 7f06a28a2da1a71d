import HTTP
import HTTPServer
import JSON
import KernelTesting
import Testing

/// How large a head may be; the first of a connection is seen in the kernel, later ones in libmicrohttpd's memory.
@Suite(.timeLimit(.minutes(5))) struct HeadLimitTests {
    private func server() throws -> HTTPServer {
        try HTTPServer.test(
            HTTPServerOptions(epollThreads: 1, headBytesMax: 8 << 10, targetBytesMax: 2 << 10, fieldsMax: 20)
        ) { request in .text("\(request.head.path.utf8.count) \(request.head.headers.all.count)") }
    }

    private static func target(_ count: Int) -> String { "/" + String(repeating: "x", count: count - 1) }

    /// A head of so many bytes.
    private static func head(_ count: Int) -> String {
        let frame = get("/", "X: \r\n").utf8.count
        return get("/", "X: \(String(repeating: "x", count: count - frame))\r\n")
    }

    private static func fields(_ count: Int) -> String { (0..<(count - 1)).map { "X\($0): y\r\n" }.joined() }

    @Test(
        arguments: [
            (get(target(2049)), 414, "uri_too_long"), (get(target(7000)), 414, "uri_too_long"),
            (head(8193), 431, "head_too_large"), (head(11_000), 431, "head_too_large"),
            (get("/", fields(21)), 431, "too_many_fields"), (get("/", fields(90)), 431, "too_many_fields"),
        ], [false, true])
    func `more than is allowed is refused with a problem, and the connection ends`(
        refused: (request: String, status: Int, code: String), isLater: Bool
    ) async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            if isLater { #expect(try client.exchange(get("/")).status == 200) }
            let answer = try client.exchange(refused.request)
            #expect(answer.status == refused.status)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(try JSONValue(parsing: answer.body)["code"]?.string == refused.code)
            #expect(client.isClosedByServer())
        }
    }

    @Test(arguments: [
        (get(target(2048)), "2048 1"), (head(8192), "1 2"), (get("/", fields(20)), "1 20"),
        (get("/?" + String(repeating: "a&", count: 60)), "1 1"),
        (get("/", "Cookie: " + String(repeating: "a=b; ", count: 60) + "\r\n"), "1 2"),
    ]) func `all that is allowed is taken`(request: String, told: String) async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            for _ in 0..<3 { #expect(try client.exchange(request).text == told) }
            try client.send(request + request)
            for _ in 0..<2 { #expect(try client.receive().text == told) }
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: test\r\nX: ", "GET /", "GET / HTTP/1.1\r\nHost: test\r\n"])
    func `a head without an end is cut off`(beginning: String) async throws {
        try await server().use { port in
            for isLater in [false, true] {
                let client = try RawClient(port: port)
                if isLater { #expect(try client.exchange(get("/")).status == 200) }
                try client.send(beginning)
                #expect(throws: RawClient.Broken.self) {
                    while true { try client.send(String(repeating: "y", count: 1000)) }
                }
            }
            #expect(try RawClient(port: port).exchange(get("/")).status == 200)
        }
    }
}
