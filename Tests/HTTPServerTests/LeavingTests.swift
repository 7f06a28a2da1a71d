import Glibc
import HTTP
import HTTPServer
import Kernel
import KernelTesting
import Testing

@Suite(.timeLimit(.minutes(5))) struct LeavingTests {
    @Test func `a client that hangs up cancels its task at once`() async throws {
        let gate = Gate()
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 1, halfCloseGrace: .seconds(1000))) { _ in
            await gate.pass()
            return .text("")
        }
        let client = try await offPool { [port = server.port] in
            let client = try RawClient(port: port)
            try client.send(get("/"))
            return client
        }
        await gate.waitFor(arrived: 1)
        try await offPool { client.reset() }
        await gate.waitFor(cancelled: 1)
        await server.drain(within: .seconds(30))
    }

    @Test func `a client that closes and does not wait is noticed after a while`() async throws {
        let gate = Gate()
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 1, halfCloseGrace: .zero)) { _ in
            await gate.pass()
            return .text("")
        }
        try await offPool { [port = server.port] in try RawClient(port: port).send(get("/")) }
        await gate.waitFor(cancelled: 1)
        await server.drain(within: .seconds(30))
    }

    @Test(arguments: [1, 2]) func `a client that closes its sending half at once gets its answer, quick or late`(
        threads: Int
    ) async throws {
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: threads)) { request in
            let millis = UInt32(request.head.query) ?? 0
            if millis > 0 { _ = try? await offPool { usleep(millis * 1000) } }  // It cannot fail.
            return .text("whole")
        }
        let answers = try await server.use { port in
            // Who is inside already is another thread's, where there are two.
            let inside = try RawClient(port: port)
            #expect(try inside.exchange(get("/")).text == "whole")
            return try (0..<60).map { number in
                let client = try RawClient(port: port)
                let path = ["/", "/?1", "/?5"][number % 3]
                try client.send(number % 2 == 0 ? get(path) : post(path, "body"))
                client.finishSending()
                return String(decoding: try client.receiveRest(), as: UTF8.self).hasSuffix("whole")
            }
        }
        #expect(answers.count { $0 } == 60)
    }

    @Test func `a client that closes only its sending half still gets its answer`() async throws {
        let gate = Gate()
        let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 1, halfCloseGrace: .seconds(1000))) { _ in
            await gate.pass()
            return .text(Task.isCancelled ? "cancelled" : "whole")
        }
        async let answer = server.use { port in
            let client = try RawClient(port: port)
            try client.send(get("/") + get("/"))
            client.finishSending()
            return try [client.receive().text, client.receive().text]
        }
        await gate.waitFor(arrived: 1)
        gate.openForAll()
        let both = try await answer
        #expect(both == ["whole", "whole"])
    }

    @Test func `a client that stays is not cancelled`() async throws {
        let gate = Gate()
        let server = try HTTPServer.test { _ in
            await gate.pass()
            return .text(Task.isCancelled ? "cancelled" : "whole")
        }
        async let answer = server.use { port in try RawClient(port: port).exchange(get("/")).text }
        await gate.waitFor(arrived: 1)
        gate.openForAll()
        #expect(try await answer == "whole")
        #expect(gate.cancelled == 0)
    }

    @Test func `nothing is left of a server whose clients came and went`() async throws {
        final class Counting: HTTPHandler {
            func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
                head.path == "/no" ? .refuse(.text("no", status: 404)) : .accept(bodyBytesMax: 100)
            }
            func respond(to request: HTTPRequest) async -> HTTPResponse { .text("hello") }
        }
        // Every request holds its connection, which holds its loop, which holds the handler.
        weak var remains: Counting?
        do {
            let handler = Counting()
            remains = handler
            let server = try HTTPServer.test(HTTPServerOptions(epollThreads: 2), handler: handler)
            try await server.use { port in
                for round in 0..<30 {
                    let clients = try (0..<20).map { _ in try RawClient(port: port) }
                    for client in clients { try client.send(get("/") + get("/no") + post("/", "body")) }
                    for client in clients where round % 3 != 0 {
                        #expect(try client.receive().status == 200)
                        #expect(try client.receive().status == 404)
                    }
                    if round % 2 == 0 { clients.forEach { $0.reset() } }
                }
            }
            #expect(server.connectionCount == 0)
        }
        // The server's thread lets go of its last things after it has said that it ended.
        for _ in 0..<1000 where remains != nil { try await offPool { _ = usleep(5000) } }
        #expect(remains == nil)
    }
}
