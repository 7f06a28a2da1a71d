import HTTP
import HTTPServer
import Testing

/// A handler may want the line to break, as a sandbox does.
@Suite(.timeLimit(.minutes(5))) struct BrokenLineTests {
    @Test(arguments: [false, true]) func `the status 0 closes the connection without an answer`(immediate: Bool)
        async throws
    {
        let server = try HTTPServer.test(
            handler: ClosureHandler { HTTPResponse(status: $0.head.path == "/broken" ? 0 : 204) },
            startTask: immediate ? HTTPServer.immediate : HTTPServer.pooled)
        try await server.use { port in
            let client = try RawClient(port: port)
            #expect(try client.exchange(get("/whole")).status == 204)
            try client.send(post("/broken", "a body"))
            #expect(client.isClosedByServer())
            #expect(try RawClient(port: port).exchange(get("/whole")).status == 204)
        }
    }
}
