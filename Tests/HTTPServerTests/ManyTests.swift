import HTTP
import HTTPServer
import Kernel
import KernelTesting
import Testing

@Suite(.timeLimit(.minutes(5))) struct ManyTests {
    /// libmicrohttpd's own epoll loop waits for ever at exactly 128.
    @Test(arguments: [127, 128, 129, 256, 300], [1, 2])
    func `any number of requests that are ready at once is answered`(count: Int, threads: Int) async throws {
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: threads)) { .text($0.head.path) }
        try await server.use { port in
            let clients = try (0..<count).map { _ in try RawClient(port: port) }
            // One exchange each, so that every connection is known to the server's thread and idle.
            for client in clients { try client.send(get("/warm")) }
            for client in clients { #expect(try client.receive().status == 200) }
            for round in 0..<5 {
                for (index, client) in clients.enumerated() { try client.send(get("/\(round)/\(index)")) }
                for (index, client) in clients.enumerated() {
                    #expect(try client.receive().text == "/\(round)/\(index)")
                }
            }
        }
    }

    @Test(arguments: [127, 128, 129]) func `as many answers that become ready at once are sent`(count: Int) async throws
    {
        let gate = Gate()
        let server = try HTTPServer.test { request in
            await gate.pass()
            return .text(request.head.path)
        }
        async let done: Void = server.use { port in
            let clients = try (0..<count).map { _ in try RawClient(port: port) }
            for (index, client) in clients.enumerated() { try client.send(get("/\(index)")) }
            for (index, client) in clients.enumerated() { #expect(try client.receive().text == "/\(index)") }
        }
        await gate.waitFor(arrived: count)
        gate.openForAll()
        try await done
    }

    @Test(arguments: [false, true]) func `five hundred slow handlers leave the pool free`(immediate: Bool) async throws
    {
        let gate = Gate()
        let server = try HTTPServer.test(
            handler: ClosureHandler { request in
                if request.head.path == "/slow" { await gate.pass() }
                return .text(request.head.path)
            }, startTask: immediate ? HTTPServer.immediate : HTTPServer.pooled)
        async let done: Void = server.use { port in
            let clients = try (0..<500).map { _ in try RawClient(port: port) }
            for client in clients { try client.send(get("/slow")) }
            for client in clients { #expect(try client.receive().text == "/slow") }
        }
        await gate.waitFor(arrived: 500)
        let quick = try await offPool { [port = server.port] in try RawClient(port: port).exchange(get("/quick")).text }
        #expect(quick == "/quick")
        gate.openForAll()
        try await done
    }

    @Test func `four clients at a time for a while are all answered`() async throws {
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 2)) { request in
            if request.head.path.hasSuffix("7") { await Task.yield() }
            return HTTPResponse(status: 200, body: request.body)
        }
        let port = server.port
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    try await offPool {
                        for round in 0..<20 {
                            let client = try RawClient(port: port)
                            for index in 0..<20 {
                                let body = "\(worker) \(round) \(index)"
                                #expect(try client.exchange(post("/\(index)", body)).text == body)
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        await server.drain(within: .seconds(10))
    }
}
