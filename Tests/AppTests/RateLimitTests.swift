import AppTesting
import Crypto
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import Testing

/// S2-AUTH-08, S2-HOOK-04: the usual limits before the real routes.
@Suite struct RateLimitTests {
    private static func limited(_ options: World.Options = .init(), _ limits: String = "on") -> World.Options {
        var options = options
        options.environment["RATE_LIMITS"] = limits
        return options
    }

    private func post(
        _ path: String, _ body: JSONValue, _ world: World, from address: String = "192.0.2.1"
    ) async -> Reply {
        var request = HTTPRequest("POST", path, headers: ["Content-Type": "application/json"], body: body.bytes())
        request.head.remoteAddress = address
        return await world.send(request)
    }

    @Test(arguments: TestEngine.all)
    func `one client cannot fill the queue of log-ins`(engine: TestEngine) async throws {
        try await World.run(on: engine, Self.limited()) { world in
            let body: @Sendable (Int) -> JSONValue = {
                ["email": .string("a\($0)@example.com"), "password": "a long enough password"]
            }
            let statuses = await withTaskGroup(of: Int.self) { group in
                for number in 0..<100 { group.addTask { await post("/api/auth/login", body(number), world).status } }
                return await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            // None found the queue full, which would be a 503.
            #expect(statuses == [401: 20, 429: 80])
            // Registering is the same work, and the operators' log-in the same door.
            #expect(await post("/api/auth/register", body(1), world).code == "rate_limited")
            var form = HTTPRequest("POST", "/admin/login", body: Array("email=a&password=b".utf8))
            form.head.remoteAddress = "192.0.2.1"
            let page = await world.send(form)
            #expect(page.status == 429)
            #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
            #expect(page.headers["Retry-After"] != nil)
            // Others log in meanwhile, and so does this one, later.
            #expect(await post("/api/auth/login", body(1), world, from: "192.0.2.2").status == 401)
            world.clock.advance(by: .seconds(2))
            #expect(await post("/api/auth/login", body(1), world).status == 401)
            #expect(world.logs.lines(of: "rate_limited").first?["class"] == "login")
        }
    }

    @Test(arguments: TestEngine.all)
    func `one address begins few purchases, whatever devices it makes up`(engine: TestEngine) async throws {
        try await World.run(on: engine, Self.limited(.passes())) { world in
            func begin(_ number: Int, from address: String) async -> Reply {
                await post(
                    "/api/checkout/sessions",
                    ["device_id": .string("device-made-up-\(number)"), "product_type": "daypass"], world, from: address)
            }
            for number in 0..<20 { #expect(await begin(number, from: "2001:db8::\(number + 1)").status == 201) }
            for number in 20..<40 {
                let refused = await begin(number, from: "2001:db8::\(number + 1)")
                #expect(refused.status == 429)
                #expect(refused.code == "rate_limited")
                #expect(refused.headers["Retry-After"] == "6")
            }
            let stored = try await world.count("checkout_sessions")
            #expect(stored == 20)
            #expect(await begin(99, from: "2001:db8:0:1::1").status == 201)
            world.clock.advance(by: .seconds(6))
            #expect(await begin(40, from: "2001:db8::1").status == 201)
        }
    }

    @Test(arguments: TestEngine.all)
    func `Stripe's bursts are let through, also beside somebody who forges`(engine: TestEngine) async throws {
        try await World.run(on: engine, Self.limited()) { world in
            var codes: [String: Int] = [:]
            for number in 0..<300 {
                let event = World.event(
                    "customer.created", id: "evt_\(number)", object: ["id": "cus_1", "object": "customer"])
                #expect(await world.receive(event).status == 200)
                codes[await world.receive(event, secret: "whsec_forged").code ?? "", default: 0] += 1
            }
            #expect(codes == ["webhook_signature_invalid": 100, "rate_limited": 200])
            let stored = try await world.count("webhook_events")
            #expect(stored == 300)
        }
    }

    @Test func `what a page asks of the API is not counted beside the page`() async throws {
        // A tenth of the usual: 20 pages, and 60 reads, from an address; 10 pages, and 30 reads, of an account.
        try await World.run(on: .sqlite, Self.limited(.init(), "0.1")) { world in
            let chief = try await world.operator()
            for turn in 0..<10 {
                var request = HTTPRequest(
                    "GET", "/admin/orders", headers: ["Cookie": "__Host-kessai_admin=\(chief.token)"])
                request.head.remoteAddress = "192.0.2.\(turn)"
                #expect(await world.send(request).status == 200)
            }
            var request = HTTPRequest("GET", "/admin/orders", headers: ["Cookie": "__Host-kessai_admin=\(chief.token)"])
            request.head.remoteAddress = "192.0.2.99"
            let refused = await world.send(request)
            #expect(refused.status == 429)
            #expect(refused.headers["Content-Type"] == "text/html; charset=utf-8")
            for _ in 0..<29 { #expect(await world.send("GET", "/api/orders", token: chief.token).status == 200) }
        }
    }

    @Test func `the document says where a 429 may come, and whether a node lives is never refused`() async throws {
        try await World.run(on: .sqlite, Self.limited(.passes(), "0.1")) { world in
            let document = await world.send("GET", "/openapi.json")
            for route in world.app.router.routes where route.listed {
                let answer = document["paths"]?[route.path]?[route.method.lowercased()]?["responses"]?["429"]
                #expect((answer != nil) == (route.rateClass != .free), "\(route.path)")
                guard let answer else { continue }
                #expect(answer["description"]?.string?.contains("rate_limited") == true)
                #expect(answer["headers"]?["Retry-After"]?["schema"]?["type"] == "integer")
                #expect(answer["content"]?["application/problem+json"]?["schema"] != nil)
            }
            let login = document["paths"]?["/api/auth/login"]?["post"]?["responses"]?["429"]?["description"]?.string
            #expect(login?.contains("too_many_attempts") == true)
            for _ in 0..<500 {
                for path in ["/healthz", "/readyz", "/api/webhook/health", "/api/user/health"] {
                    #expect(await world.send("GET", path).status == 200)
                }
            }
        }
    }

    @Test func `an account is limited from wherever it comes`() async throws {
        try await World.run(on: .sqlite, Self.limited()) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            var statuses: [Int: Int] = [:]
            for turn in 0..<40 {
                var request = HTTPRequest(
                    "POST", "/api/payments/intent",
                    headers: ["Content-Type": "application/json", "Authorization": "Bearer \(buyer.token)"],
                    body: Array("{\"order_id\":\(order.number)}".utf8))
                request.head.remoteAddress = "192.0.2.\(turn)"
                statuses[await world.send(request).status, default: 0] += 1
            }
            #expect(statuses == [200: 30, 429: 10])
        }
    }
}
