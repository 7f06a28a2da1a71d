import Edge
import HTTP
import Testing

@Suite struct CORSTests {
    private static let shop = "https://shop.example.com"
    private static let routes: [Route] = [
        .says("GET", "/things"), .says("POST", "/things", access: .authenticated),
        .says("PATCH", "/things/{id}", access: .authenticated), .says("POST", "/hook", access: .signature),
        .says("GET", "/page", type: "text/html", listed: false),
        .says("GET", "/screen", type: "text/html", door: Standing.Door()),
    ]
    private let standing = Standing(routes, origins: [shop, "http://localhost:5173"])

    private func ask(_ path: String, _ method: String?, from origin: String?) async -> HTTPResponse {
        var headers: HTTPHeaders = [:]
        headers["Origin"] = origin
        headers["Access-Control-Request-Method"] = method
        headers["Access-Control-Request-Headers"] = "authorization,content-type"
        return await standing.answer("OPTIONS", path, headers).response
    }

    private func hasCORS(_ response: HTTPResponse) -> Bool {
        response.headers.all.contains { $0.name.lowercased().hasPrefix("access-control-") }
    }

    @Test(arguments: [
        ("/things", "GET"), ("/things", "HEAD"), ("/things", "POST"), ("/things/7", "PATCH"), ("/things/", "GET"),
    ])
    func `a browser that asks beforehand is answered, without a log-in`(path: String, method: String) async {
        for origin in [Self.shop, "http://localhost:5173"] {
            let answer = await ask(path, method, from: origin)
            #expect(answer.status == 204)
            #expect(answer.body.isEmpty)
            #expect(answer.headers["Access-Control-Allow-Origin"] == origin)
            #expect(answer.headers["Access-Control-Allow-Methods"] == method)
            let allowed = answer.headers["Access-Control-Allow-Headers"]
            #expect(allowed == "Authorization, Content-Type, Idempotency-Key, X-Request-Id")
            #expect(answer.headers["Access-Control-Max-Age"] == "600")
            #expect(standing.refusals.isEmpty)
            #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
            #expect(
                answer.headers["Vary"]
                    == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        }
    }

    @Test(arguments: [
        nil, "null", "*", "", "https://evil.example", "https://shop.example.com:443", "https://shop.example.com/",
        "http://shop.example.com", "https://SHOP.example.com", "https://shop.example.com.evil.example",
        "https://evil-shop.example.com", "http://localhost",
    ])
    func `an origin that is not let in gets no word of CORS`(origin: String?) async {
        let asked = await ask("/things", "GET", from: origin)
        #expect(asked.status == 405)
        #expect(asked.headers["Allow"] == "GET, HEAD, POST")
        #expect(standing.refusals == ["kessai_http_refusals_total{code=\"method_not_allowed\"} 1"])
        #expect(!hasCORS(asked))
        let read = await standing.answer("GET", "/things", origin.map { ["Origin": $0] } ?? [:]).response
        #expect(read.status == 200)
        #expect(!hasCORS(read))
        #expect(read.headers["Vary"] == "Origin, Accept-Encoding")
    }

    @Test(arguments: [
        ("/nowhere", "GET", 404), ("/things", "DELETE", 405), ("/things", "patch", 405), ("/hook", "POST", 405),
        ("/page", "GET", 405), ("/screen", "GET", 405), ("/things", nil, 405), ("/%zz", "GET", 400),
    ])
    func `what has no route for other sites is answered as if there were no CORS`(
        path: String, method: String?, status: Int
    ) async {
        let answer = await ask(path, method, from: Self.shop)
        #expect(answer.status == status)
        #expect(!hasCORS(answer))
    }

    @Test func `answers and refusals of the API can be read by an origin that is let in`() async {
        let read = await standing.answer("GET", "/things", ["Origin": Self.shop]).response
        #expect(read.headers["Access-Control-Allow-Origin"] == Self.shop)
        #expect(read.headers["Access-Control-Expose-Headers"] == "Idempotent-Replayed, Retry-After, X-Request-Id")
        #expect(read.headers["Access-Control-Allow-Credentials"] == nil)
        let refused = await standing.answer("POST", "/things", ["Origin": Self.shop]).response
        #expect(refused.status == 401)
        #expect(refused.headers["Access-Control-Allow-Origin"] == Self.shop)
    }

    @Test(arguments: ["/page", "/screen", "/nowhere"])
    func `pages are for no other site`(path: String) async {
        #expect(!hasCORS(await standing.answer("GET", path, ["Origin": Self.shop]).response))
    }

    @Test func `webhooks are for no other site`() async {
        #expect(!hasCORS(await standing.answer("POST", "/hook", ["Origin": Self.shop]).response))
    }

    @Test func `two origins are none`() async {
        let headers = HTTPHeaders([("Origin", Self.shop), ("Origin", Self.shop)])
        #expect(!hasCORS(await standing.answer("GET", "/things", headers).response))
    }

    @Test func `without origins there is no CORS at all`() async {
        let closed = Standing(Self.routes)
        let read = await closed.answer("GET", "/things", ["Origin": Self.shop]).response
        #expect(!hasCORS(read))
        #expect(read.headers["Vary"] == "Accept-Encoding")
        let asked = await closed.answer(
            "OPTIONS", "/things", ["Origin": Self.shop, "Access-Control-Request-Method": "GET"]
        ).response
        #expect(asked.status == 405)
    }

    @Test(arguments: [
        "https://a.example", "https://a.example:8443", "http://localhost:5173", "http://127.0.0.1:8080", "http://[::1]",
        "http://[::1]:3000", "https://xn--4gq48lf9j.example", "https://a-b.example",
    ])
    func `an origin is as browsers write it`(text: String) { #expect(CORSPolicy.isOrigin(text)) }

    @Test(arguments: [
        "*", "null", "", "a.example", "https://", "https://a.example/", "https://a.example/x", "https://a.example:443",
        "http://a.example:80", "https://A.example", "https://*.a.example", "https://a.example:",
        "https://a.example:0x1",
        "https://a.example:99999", "https://user@a.example", "ftp://a.example", "https://a..example", "https://.a",
        "https://a.example:08443", "https://決済.example", "http://[]", "http://[::g]", "https://a b.example",
    ])
    func `anything else is none`(text: String) { #expect(!CORSPolicy.isOrigin(text)) }
}
