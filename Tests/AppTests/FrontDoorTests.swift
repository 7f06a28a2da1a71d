import AppTesting
import Crypto
import DatabaseTesting
import GzipTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import Testing

/// The edge before the real routes: what every answer carries, what may be compressed, and which other sites may read.
@Suite struct FrontDoorTests {
    private static let expected = [
        "X-Content-Type-Options", "Content-Security-Policy", "X-Frame-Options", "Referrer-Policy",
        "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy", "Cache-Control",
    ]
    private static let gzip: HTTPHeaders = ["Accept-Encoding": "gzip"]
    private static let shop = "https://shop.example.com"

    @Test func `every answer of every route is guarded, and nothing of it is kept but what is everybody's`()
        async throws
    {
        try await World.run(on: .sqlite, .passes()) { world in
            let chief = try await world.operator()
            let cookie = "__Host-kessai_admin=\(chief.token)"
            for route in world.app.router.routes {
                let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "/1" : "/\($0)" }.joined()
                for fields in [[:], ["Cookie": cookie], ["Authorization": "Bearer \(chief.token)"]] as [HTTPHeaders] {
                    let reply = await world.send(HTTPRequest(route.method, path.isEmpty ? "/" : path, headers: fields))
                    for name in Self.expected {
                        #expect(reply.headers.values(name).count == 1, "\(route.method) \(path) \(name)")
                    }
                    let policy = reply.headers["Content-Security-Policy"] ?? ""
                    #expect(policy.hasPrefix("default-src 'none'"), "\(path)")
                    #expect(!policy.contains("unsafe") && !policy.contains("script-src"), "\(path)")
                    #expect(policy.contains("frame-ancestors 'none'"), "\(path)")
                    let isEverybodys = ["/", "/docs", "/openapi.json"].contains(path.isEmpty ? "/" : path)
                    #expect(
                        reply.headers["Cache-Control"] == (isEverybodys ? "public, max-age=60" : "no-store"), "\(path)")
                }
            }
        }
    }

    @Test(arguments: ["/", "/docs", "/admin/login"])
    func `the policy of a page names the very sheet that is in it`(path: String) async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await world.send("GET", path)
            let text = String(decoding: reply.body, as: UTF8.self)
            let sheet = try #require(text.firstMatch(of: /<style>(?<sheet>[^<]*)<\/style>/)).output.sheet
            let hash = Digest.sha256Base64(Array(sheet.utf8))
            #expect(reply.headers["Content-Security-Policy"]?.contains("style-src 'sha256-\(hash)';") == true)
            #expect(!text.contains("style=\"") && !text.contains("onclick"))
        }
    }

    @Test(arguments: ["/docs", "/openapi.json"])
    func `what is the same for everybody is compressed, and whole`(path: String) async throws {
        try await World.run(on: .sqlite) { world in
            let plain = await world.app.edge.respond(to: HTTPRequest("GET", path))
            for _ in 0..<2 {
                let pressed = await world.app.edge.respond(to: HTTPRequest("GET", path, headers: Self.gzip))
                #expect(pressed.headers["Content-Encoding"] == "gzip")
                #expect(pressed.headers["Vary"]?.contains("Accept-Encoding") == true)
                #expect(pressed.body.count * 5 < plain.body.count)
                #expect(gunzip(pressed.body) == plain.body)
            }
        }
    }

    /// BREACH: no page that a cookie opens, and no answer that hands out a secret.
    @Test func `lists are compressed; log-ins, payments and pages behind the cookie are not`() async throws {
        try await World.run(on: .sqlite) { world in
            let chief = try await world.operator()
            try await world.stockShop()
            for _ in 0..<9 { _ = try await world.order(by: chief) }
            let token: HTTPHeaders = ["Authorization": "Bearer \(chief.token)", "Accept-Encoding": "gzip"]
            let list = await world.app.edge.respond(to: HTTPRequest("GET", "/api/orders", headers: token))
            #expect(list.headers["Content-Encoding"] == "gzip")
            let json = try JSONValue(parsing: try #require(gunzip(list.body)))
            #expect(json["data"]?.array?.count == 9)
            let session: HTTPHeaders = ["Cookie": "__Host-kessai_admin=\(chief.token)", "Accept-Encoding": "gzip"]
            for path in ["/admin/orders", "/admin/products", "/admin/login?return=/admin/orders"] {
                let page = await world.app.edge.respond(to: HTTPRequest("GET", path, headers: session))
                #expect(page.status == 200 && page.body.count > 1024, "\(path)")
                #expect(page.headers["Content-Encoding"] == nil, "\(path)")
            }
            for route in world.app.router.routes where route.mayCompress {
                #expect(route.method == "GET")
                #expect(route.door == nil || route.path == "/admin/payments.csv", "\(route.path)")
            }
        }
    }

    @Test func `other sites may read the API and its refusals, never pages and webhooks`() async throws {
        var options = World.Options()
        options.environment["CORS_ORIGINS"] = "\(Self.shop), http://localhost:5173"
        try await World.run(on: .sqlite, options) { world in
            for route in world.app.router.routes {
                let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "/1" : "/\($0)" }.joined()
                let isOpen =
                    path.hasPrefix("/api/")
                    || ["/unlock/daypass", "/license/confirm", "/healthz", "/readyz"].contains(path)
                let isHook = route.access == .signature
                let asked = await world.send(
                    HTTPRequest(
                        "OPTIONS", path.isEmpty ? "/" : path,
                        headers: ["Origin": Self.shop, "Access-Control-Request-Method": route.method]))
                #expect(asked.status == (isOpen && !isHook ? 204 : 405), "\(route.method) \(path)")
                let sent = await world.send(
                    HTTPRequest(route.method, path.isEmpty ? "/" : path, headers: ["Origin": Self.shop]))
                #expect(
                    sent.headers["Access-Control-Allow-Origin"] == (isOpen && !isHook ? Self.shop : nil),
                    "\(route.method) \(path)")
                #expect(sent.headers["Access-Control-Allow-Credentials"] == nil)
            }
            // A stored answer is given to whoever may have it now.
            let buyer = try await world.buyer()
            try await world.stockShop()
            let body = Array(#"{"items":[{"product_id":"tea","quantity":1}]}"#.utf8)
            for origin in [Self.shop, "https://evil.example"] {
                let placed = await world.send(
                    HTTPRequest(
                        "POST", "/api/orders",
                        headers: [
                            "Authorization": "Bearer \(buyer.token)", "Content-Type": "application/json",
                            "Idempotency-Key": "one", "Origin": origin,
                        ], body: body))
                #expect(placed.status == 201)
                #expect(placed.headers["Access-Control-Allow-Origin"] == (origin == Self.shop ? origin : nil))
            }
        }
    }
}
