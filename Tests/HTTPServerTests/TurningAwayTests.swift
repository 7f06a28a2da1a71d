import HTTP
import HTTPServer
import JSON
import Kernel
import KernelTesting
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// How many may come in, in all and of one address; who may not is told so at once.
@Suite(.timeLimit(.minutes(5))) struct TurningAwayTests {
    /// Clients that are served and stay.
    private func guests(_ count: Int, port: UInt16, from source: UInt8? = nil) throws -> [RawClient] {
        try (0..<count).map { _ in
            let client = try RawClient(port: port, from: source)
            #expect(try client.exchange(get("/")).status == 200)
            return client
        }
    }

    /// Waits until a server knows that others have left.
    private func wait(_ server: HTTPServer, connections: Int) {
        for _ in 0..<2000 where server.connectionCount > connections { usleep(5000) }
        #expect(server.connectionCount == connections)
    }

    @Test func `who comes when all places are taken is told to come again, and those inside notice nothing`()
        async throws
    {
        let lines = LogRecorder()
        let server = try HTTPServer.test(
            HTTPServerOptions(epollThreads: 2, connectionsMax: 3),
            handler: ClosureHandler { .text($0.head.path) }, log: lines.log(clock: ManualClock()))
        try await server.use { [self, server] port in
            var inside = try guests(3, port: port)
            #expect(server.connectionCount == 3)
            for _ in 0..<3 {
                let late = try RawClient(port: port)
                let answer = try late.exchange(get("/late"))
                #expect(answer.status == 503)
                #expect(answer["Retry-After"] == "2")
                #expect(answer["Connection"] == "close")
                #expect(answer["Content-Type"] == "application/problem+json")
                #expect(try JSONValue(parsing: answer.body)["code"] == "unavailable")
                #expect(try JSONValue(parsing: answer.body)["request_id"]?.string == answer["X-Request-Id"])
                #expect(late.isClosedByServer())
            }
            for client in inside { #expect(try client.exchange(get("/again")).text == "/again") }
            inside.removeLast()
            wait(server, connections: 2)
            _ = try guests(1, port: port)
        }
        let told = lines.lines(of: "connections_turned_away")
        #expect(told.first?.fields.first { $0.0 == "reason" }?.1 == .string("connections"))
    }

    @Test func `each connection that is let in is told to be opened and closed, and each other to be turned away`()
        async throws
    {
        let events = Mutex<[ConnectionEvent]>([])
        let server = try HTTPServer.test(
            HTTPServerOptions(epollThreads: 2, connectionsMax: 4, connectionsPerAddressMax: 2, unlimited: []),
            handler: ClosureHandler(
                connected: { event in events.withLock { $0.append(event) } }, answer: { .text($0.head.path) }))
        try await server.use { [self] port in
            // Some are served, some say nothing, and some say nonsense.
            let inside = try guests(1, port: port) + [RawClient(port: port)]
            #expect(try RawClient(port: port).exchange(get("/")).status == 429)
            #expect(try RawClient(port: port, from: 9).exchange("nonsense\r\n").status == 400)
            let others = try guests(2, port: port, from: 9)
            #expect(try RawClient(port: port, from: 8).exchange(get("/")).status == 503)
            #expect(inside.count + others.count == 4)
        }
        let told = events.withLock { $0 }
        #expect(told.count { $0 == .opened } == 5 && told.count { $0 == .closed } == 5)
        let reasons = Set(told.filter { $0 != .opened && $0 != .closed }.map { "\($0)" })
        #expect(reasons == ["turnedAway(reason: \"connections\")", "turnedAway(reason: \"connections_of_address\")"])
    }

    @Test func `one address takes no more places than it may, and leaves the others theirs`() async throws {
        let server = try HTTPServer.test(
            HTTPServerOptions(epollThreads: 2, connectionsPerAddressMax: 2, unlimited: []),
            handler: ClosureHandler { .text($0.head.remoteAddress) })
        try await server.use { [self, server] port in
            var inside = try guests(2, port: port)
            let more = try RawClient(port: port).exchange(get("/"))
            #expect(more.status == 429)
            #expect(more["Retry-After"] == "5")
            #expect(try JSONValue(parsing: more.body)["code"] == "too_many_connections")
            // Another address has places of its own.
            let other = try guests(2, port: port, from: 9)
            #expect(try other[0].exchange(get("/")).text == "127.0.0.9")
            #expect(try RawClient(port: port, from: 9).exchange(get("/")).status == 429)
            inside.removeLast()
            wait(server, connections: 3)
            inside += try guests(1, port: port)
            #expect(try RawClient(port: port).exchange(get("/")).status == 429)
        }
    }

    @Test(arguments: [false, true])
    func `proxies and the machine itself are not limited by address`(isProxy: Bool) async throws {
        let proxies = TrustedProxies([IPNetwork("127.0.0.0/8")].compactMap { $0 })
        let server = try HTTPServer.test(
            HTTPServerOptions(
                epollThreads: 1, connectionsPerAddressMax: 1, unlimited: isProxy ? [] : IPNetwork.loopback,
                proxies: isProxy ? proxies : TrustedProxies()),
            handler: ClosureHandler { _ in .text("") })
        try await server.use { [self] port in _ = try guests(5, port: port) }
    }

    @Test func `zero is no limit by address`() async throws {
        let server = try HTTPServer.test(
            HTTPServerOptions(epollThreads: 1, connectionsPerAddressMax: 0, unlimited: []),
            handler: ClosureHandler { _ in .text("") })
        try await server.use { [self] port in _ = try guests(5, port: port) }
    }

    @Test func `a client that sends much while it is turned away still hears why`() async throws {
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 1, connectionsMax: 1)) { _ in .text("") }
        try await server.use { [self] port in
            let inside = try guests(1, port: port)
            for _ in 0..<20 {
                let late = try RawClient(port: port)
                // What is sent after the server has closed would reset the connection, and take the answer with it.
                try late.send(post("/", String(repeating: "x", count: 100_000)))
                #expect(try late.receive().status == 503)
            }
            withExtendedLifetime(inside) {}
        }
    }
}
