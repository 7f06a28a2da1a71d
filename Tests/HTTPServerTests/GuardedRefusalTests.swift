import HTTP
import HTTPServer
import Testing

/// What the server refuses by itself never reaches a handler, and carries the header fields of every answer all the same.
@Suite(.timeLimit(.minutes(5))) struct GuardedRefusalTests {
    @Test(arguments: [
        ("GET /\u{1} HTTP/1.1\r\nHost: test\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: test\r\nX-Bad : 1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\n0123456789a", 413),
    ])
    func `a refusal of the server's own is guarded too`(request: String, status: Int) async throws {
        let server = try HTTPServer.test(
            handler: ClosureHandler(
                admission: { _ in .accept(bodyBytesMax: 10) }, answer: { _ in .text("never") }))
        try await server.use { port in
            let answer = try RawClient(port: port).exchange(request)
            #expect(answer.status == status)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer["X-Content-Type-Options"] == "nosniff")
            #expect(answer["Content-Security-Policy"] == SecurityHeaders.nothing)
            #expect(answer["Cache-Control"] == "no-store")
        }
    }
}
