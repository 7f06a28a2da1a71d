import HTTP
import HTTPServer
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

@Suite(.timeLimit(.minutes(5))) struct RoutingTests {
    private func server() throws -> HTTPServer {
        let read = Route(
            "GET", "/orders/{id}", "Reads an order.", tag: "Orders", access: .everyone,
            queries: [.init("q", .string())],
            answers: [.init(200, "The order.")]
        ) { context in
            .json(["id": .string(context.parameter("id")), "q": JSONValue(context.query("q"))])
        }
        let create = Route(
            "POST", "/orders", "Creates an order.", tag: "Orders", access: .everyone,
            body: .object([.required("count", .integer(1...9))]), answers: [.init(201, "The order.")]
        ) { context in
            .json(context.json, status: 201)
        }
        let router = Router(routes: [read, create], authenticator: nil, log: .silent)
        return try HTTPServer.test(handler: router)
    }

    @Test func `paths and methods that are unknown are refused with a problem`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            let unknown = try client.exchange(get("/nothing"))
            #expect(unknown.status == 404)
            #expect(try JSONValue(parsing: unknown.body)["code"] == "not_found")
            let wrong = try client.exchange("DELETE /orders/1 HTTP/1.1\r\nHost: test\r\n\r\n")
            #expect(wrong.status == 405)
            #expect(wrong["Allow"] == "GET, HEAD")
            let options = try client.exchange("OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n")
            #expect(options.status == 404)
            #expect(try client.exchange(post("/orders/1", "{}")).status == 405)
        }
    }

    @Test func `a path is the same with and without its last slash`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            for path in ["/orders/1", "/orders/1/"] {
                #expect(try JSONValue(parsing: client.exchange(get(path)).body)["id"] == "1")
            }
            #expect(try client.exchange(get("/orders/1//")).status == 404)
            for path in ["/orders", "/orders/"] {
                let answer = try client.exchange(post(path, #"{"count":2}"#, "Content-Type: application/json\r\n"))
                #expect(answer.status == 201)
            }
        }
    }

    @Test func `encoded names and values are decoded once, by the router`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            let answer = try JSONValue(parsing: client.exchange(get("/orders/a%2Fb%2520?q=%25+%E6%B1%BA")).body)
            #expect(answer["id"] == "a/b%20")
            #expect(answer["q"] == "% 決")
            #expect(try client.exchange(get("/orders/%zz")).status == 400)
        }
    }

    @Test func `HEAD is served where GET is`() async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange("HEAD /orders/1 HTTP/1.1\r\nHost: test\r\n\r\n", toHead: true)
            #expect(answer.status == 200)
            #expect(answer["Content-Length"] == "19")
            #expect(try client.exchange(get("/orders/1")).body.count == 19)
        }
    }

    @Test(arguments: ["abc", "A-Z_0.9", String(repeating: "x", count: 64)])
    func `a caller's request id is kept`(id: String) async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            for path in ["/orders/1", "/nothing"] {
                let answer = try client.exchange(get(path, "X-Request-Id: \(id)\r\n"))
                #expect(answer.headers.filter { $0.name == "X-Request-Id" }.map(\.value) == [id])
            }
        }
    }

    @Test(arguments: ["", "a b", "a\u{e9}", "<script>", String(repeating: "x", count: 65)])
    func `a request id that is not fit is replaced`(id: String) async throws {
        try await server().use { port in
            let client = try RawClient(port: port)
            var seen: Set<String> = []
            for path in ["/orders/1", "/nothing", "/orders/1"] {
                let answer = try client.exchange(get(path, "X-Request-Id: \(id)\r\n"))
                let fresh = try #require(answer["X-Request-Id"])
                #expect(fresh.hasPrefix("req_"))
                #expect(fresh.utf8.count == 28)
                #expect(fresh.dropFirst(4).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
                seen.insert(fresh)
            }
            #expect(seen.count == 3)
        }
    }

    @Test func `the id of a problem is the id of its answer`() async throws {
        try await server().use { port in
            let answer = try RawClient(port: port).exchange(get("/nothing"))
            #expect(try JSONValue(parsing: answer.body)["request_id"]?.string == answer["X-Request-Id"])
        }
    }
}
