import HTTP
import JSON
import Testing

@Suite struct PathTests {
    private let routed = Routed([
        .echo("GET", "/"), .echo("GET", "/orders"), .echo("POST", "/orders"), .echo("GET", "/orders/{id}"),
        .echo("DELETE", "/orders/{id}"), .echo("GET", "/orders/latest"), .echo("POST", "/orders/{id}/refunds"),
        .echo("GET", "/orders/latest/lines"), .echo("GET", "/{page}/about"), .echo("HEAD", "/head"),
    ])

    @Test(arguments: [
        ("GET", "/", "GET /"), ("GET", "/orders", "GET /orders"), ("GET", "/orders/", "GET /orders"),
        ("POST", "/orders", "POST /orders"), ("GET", "/orders/7", "GET /orders/{id}"),
        ("GET", "/orders/7/", "GET /orders/{id}"), ("GET", "/orders/latest", "GET /orders/latest"),
        ("DELETE", "/orders/latest", "DELETE /orders/{id}"),
        ("POST", "/orders/latest/refunds", "POST /orders/{id}/refunds"),
        ("GET", "/orders/latest/lines", "GET /orders/latest/lines"), ("GET", "/orders/about", "GET /orders/{id}"),
        ("GET", "/shop/about", "GET /{page}/about"), ("GET", "/%6Frders", "GET /orders"),
        ("HEAD", "/orders/7", "GET /orders/{id}"), ("HEAD", "/head", "HEAD /head"), ("GET", "/orders?", "GET /orders"),
    ])
    func `the most literal route that takes the method serves`(method: String, target: String, route: String)
        async throws
    {
        let answered = try await routed.answer(method, target)
        #expect(answered.status == 200)
        #expect(answered.json["route"]?.string == route)
    }

    @Test(arguments: [
        ("/orders/a%2Fb", "a/b"), ("/orders/%E6%B1%BA", "決"), ("/orders/a+b", "a+b"), ("/orders/a%2520", "a%20"),
        ("/orders/%2E%2E", ".."), ("/orders/%7Bid%7D", "{id}"),
    ])
    func `a name of the path is decoded once`(path: String, value: String) async throws {
        #expect(try await routed.answer("GET", path).json["parameters"]?["id"]?.string == value)
    }

    @Test(arguments: [
        "/nothing", "/orders//", "//", "//orders", "/orders/7/refunds/8", "/orders/7//refunds", "orders", "", "*",
        "/Orders", "/" + String(repeating: "x", count: 2048),
    ])
    func `a path that leads nowhere is 404`(path: String) async throws {
        let answered = try await routed.answer("GET", path)
        #expect(answered.status == 404)
        #expect(answered.code == "not_found")
    }

    @Test(arguments: [
        ("PUT", "/orders", "GET, HEAD, POST"), ("PUT", "/orders/7", "DELETE, GET, HEAD"),
        ("PUT", "/orders/latest", "DELETE, GET, HEAD"), ("GET", "/orders/7/refunds", "POST"),
        ("HEAD", "/orders/7/refunds", "POST"), ("get", "/orders", "GET, HEAD, POST"), ("GET", "/head", "HEAD"),
    ])
    func `a method that a path does not take is 405 with those it does`(method: String, path: String, allow: String)
        async throws
    {
        let answered = try await routed.answer(method, path)
        #expect(answered.status == 405)
        #expect(answered.code == "method_not_allowed")
        #expect(answered.response.headers["Allow"] == allow)
    }

    @Test(arguments: ["/orders/%", "/orders/%4", "/orders/%zz", "/orders/%ff", "/orders/a%00b", "/%C3%28"])
    func `a path with a wrong escape is 400`(path: String) async throws {
        let answered = try await routed.answer("GET", path)
        #expect(answered.status == 400)
        #expect(answered.code == "path_not_valid")
    }

    @Test func `admission tells how large a body may be`() {
        let router = Routed([
            .echo("GET", "/none"), .echo("POST", "/json", body: .any), .echo("POST", "/raw", bodyBytesMax: 5),
        ]).router
        func bytesMax(_ method: String, _ path: String) -> Int? {
            guard case .accept(let bytesMax) = router.admit(HTTPRequestHead(method: method, path: path)) else {
                return nil
            }
            return bytesMax
        }
        #expect(bytesMax("GET", "/none") == 0)
        #expect(bytesMax("POST", "/json") == 64 << 10)
        #expect(bytesMax("POST", "/raw") == 5)
        #expect(bytesMax("GET", "/raw") == nil)
    }
}
