import Dispatch
import HTTP
import HTTPServer
import Kernel
import KernelTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct DrainTests {
    @Test func `what is in flight ends, and nobody else comes in`() async throws {
        let gate = Gate()
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 2)) { _ in
            await gate.pass()
            return .text(Task.isCancelled ? "cancelled" : "whole")
        }
        let port = server.port
        let idle = try await offPool { try RawClient(port: port) }
        async let answers = offPool {
            let clients = try (0..<4).map { _ in try RawClient(port: port) }
            for client in clients { try client.send(get("/")) }
            return try clients.map { client in
                let answer = try client.receive()
                return "\(answer.text) \(answer["Connection"] ?? "") \(client.isClosedByServer())"
            }
        }
        await gate.waitFor(arrived: 4)
        async let drained: Void = server.drain(within: .seconds(30))
        // The idle connection is closed although the others last.
        let idleWasClosed = try await offPool { idle.isClosedByServer() }
        #expect(idleWasClosed)
        await #expect(throws: RawClient.Broken.self) { try await offPool { _ = try RawClient(port: port) } }
        gate.openForAll()
        #expect(try await answers == Array(repeating: "whole close true", count: 4))
        await drained
        #expect(gate.cancelled == 0)
        #expect(server.connectionCount == 0)
    }

    @Test func `whom the kernel has accepted is served, however many, though the loop was busy all the while`()
        async throws
    {
        let (isHeld, mayGo) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        // The loop itself is held: it accepts nobody meanwhile.
        let hold: @Sendable () -> Void = {
            isHeld.signal()
            mayGo.wait()
        }
        let server = try HTTPServer.test(
            handler: ClosureHandler { request in
                if request.head.path == "/hold" { hold() }
                return .text(request.head.path)
            }, startTask: HTTPServer.immediate)
        let clients = try await offPool { [port = server.port] in
            let first = try RawClient(port: port)
            try first.send(get("/hold"))
            isHeld.wait()
            return try [first]
                + (0..<200).map { index in
                    let client = try RawClient(port: port)
                    try client.send(get("/\(index)"))
                    return client
                }
        }
        // It begins at once: the loop has been asked to stop before it goes on.
        let draining = Task.immediate { await server.drain(within: .seconds(30)) }
        mayGo.signal()
        let answers = try await offPool { try clients.map { try $0.receive().text } }
        #expect(answers == ["/hold"] + (0..<200).map { "/\($0)" })
        await draining.value
    }

    @Test func `a task that lasts longer is cancelled and may still answer`() async throws {
        let gate = Gate()
        // The machine may be busy with other tests: the grace is a bound here, not a measure.
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 1, cancelGrace: .seconds(60))) { _ in
            await gate.pass()
            return .text(Task.isCancelled ? "cancelled" : "whole")
        }
        async let answer = offPool { [port = server.port] in try RawClient(port: port).exchange(get("/")).text }
        await gate.waitFor(arrived: 1)
        await server.drain(within: .milliseconds(10))
        #expect(try await answer == "cancelled")
    }

    @Test func `a task that does not heed its cancellation is answered for`() async throws {
        let deaf = Gate()
        let server = try HTTPServer.test { _ in
            // The gate is waited for by another task, which nobody cancels.
            await Task { await deaf.pass() }.value
            return .text("too late")
        }
        async let answer = offPool { [port = server.port] in try RawClient(port: port).exchange(get("/")).status }
        await deaf.waitFor(arrived: 1)
        await server.drain(within: .zero)
        #expect(try await answer == 503)
        deaf.openForAll()
    }

    @Test func `a body that ends when nobody would wait for its answer any more is refused, and the process goes on`()
        async throws
    {
        let deaf = Gate()
        let asked = Mutex<[String]>([])
        // Between the last answers and the end there is as much time as a busy machine needs.
        let options = HTTPServerOptions(epollThreads: 1, cancelGrace: .seconds(5))
        let server = try HTTPServer.test(options) { request in
            asked.withLock { $0.append(request.head.path) }
            await Task { await deaf.pass() }.value
            return .text("too late")
        }
        // On one thread of its own, which does not wait for its turn between the two answers.
        async let answers = offPool { [port = server.port] in
            let late = try RawClient(port: port)
            try late.send("POST /late HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nab")
            let first = try RawClient(port: port).exchange(get("/first"))
            // It was answered for, so the last step has begun.
            try late.send("cd")
            return [first, try late.receive()]
        }
        await deaf.waitFor(arrived: 1)
        async let drained: Void = server.drain(within: .zero)
        #expect(try await answers.map { "\($0.status) \($0["Connection"] ?? "")" } == ["503 close", "503 close"])
        await drained
        #expect(asked.withLock { $0 } == ["/first"])
        deaf.openForAll()
    }

    @Test func `draining twice ends twice`() async throws {
        let server = try HTTPServer.test { _ in .text("") }
        async let first: Void = server.drain(within: .seconds(30))
        async let second: Void = server.drain(within: .seconds(30))
        _ = await (first, second)
        await server.drain(within: .zero)
    }

    @Test func `a server that is let go of frees its port`() async throws {
        var server: HTTPServer? = try HTTPServer.test { _ in .text("") }
        let port = try #require(server?.port)
        let client = try await offPool { try RawClient(port: port) }
        server = nil
        let closed = try await offPool { client.isClosedByServer() }
        #expect(closed)
        let next = try HTTPServer.test(HTTPServerOptions(port: port, epollThreads: 1)) { _ in .text("next") }
        let text = try await next.use { port in try RawClient(port: port).exchange(get("/")).text }
        #expect(text == "next")
    }
}
