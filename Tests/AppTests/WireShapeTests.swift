import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// Paths, methods, ids of requests, pages, health, and repeats by key.
@Suite struct WireShapeTests {
    @Test func `a path may end with one slash`() async throws {
        try await World.run(on: .sqlite) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            for path in ["/api/products", "/api/orders", "/api/me", "/healthz", "/docs"] {
                let plain = await world.send("GET", path, token: buyer.token)
                #expect(plain.status == 200)
                #expect(await world.send("GET", path + "/", token: buyer.token).body == plain.body)
                #expect(await world.send("GET", path + "//", token: buyer.token).status == 404)
            }
        }
    }

    @Test(arguments: ["/nothing", "/api", "/API/products", "//api/products", "/api/orders/1/2/3", "/.env"])
    func `an unknown path is not found, whoever asks`(path: String) async throws {
        try await World.run(on: .sqlite) { world in
            for method in ["GET", "POST", "DELETE", "BREW"] {
                let reply = await world.send(method, path)
                #expect(reply.status == 404)
                #expect(reply.code == "not_found")
            }
        }
    }

    @Test(arguments: ["/api/orders/%zz", "/api/orders/%", "/api/orders/%00", "/api/orders/%ff"])
    func `a path that is not well-formed is refused`(path: String) async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await world.send("GET", path)
            #expect(reply.status == 400)
            #expect(reply.code == "path_not_valid")
        }
    }

    @Test(arguments: [
        ("DELETE", "/api/orders", "GET, HEAD, POST"), ("GET", "/api/payments/intent", "POST"),
        ("POST", "/healthz", "GET, HEAD"), ("PUT", "/api/admin/products/tea", "GET, HEAD, PATCH"),
        ("GET", "/webhooks/stripe", "POST"),
    ])
    func `a method that a path does not take is refused with those that it takes`(
        method: String, path: String, allowed: String
    ) async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await world.send(method, path)
            #expect(reply.status == 405)
            #expect(reply.code == "method_not_allowed")
            #expect(reply.headers["Allow"] == allowed)
        }
    }

    @Test func `HEAD is answered as GET is`() async throws {
        try await World.run(on: .sqlite) { world in
            for path in ["/", "/docs", "/openapi.json", "/healthz", "/readyz", "/api/products"] {
                let get = await world.send("GET", path)
                let head = await world.send("HEAD", path)
                #expect(get.status == 200)
                #expect(head.status == 200)
                #expect(head.headers["Content-Type"] == get.headers["Content-Type"])
            }
            #expect(await world.send("HEAD", "/api/auth/login").status == 405)
        }
    }

    @Test func `an answer carries its request's id, and so does its problem and its log line`() async throws {
        try await World.run(on: .sqlite) { world in
            let good = await world.send(
                HTTPRequest("GET", "/healthz", headers: ["X-Request-Id": "trace-1"]))
            #expect(good.headers["X-Request-Id"] == "trace-1")
            let bad = await world.send(HTTPRequest("GET", "/api/orders", headers: ["X-Request-Id": "trace-2"]))
            #expect(bad.status == 401)
            #expect(bad.headers["X-Request-Id"] == "trace-2")
            #expect(bad["request_id"] == "trace-2")
            #expect(world.logs.lines(of: "request_refused").last?["request_id"] == "trace-2")
            #expect(world.logs.lines(of: "request").last?["request_id"] == "trace-1")
        }
    }

    @Test(arguments: ["/", "/docs"])
    func `pages are HTML that runs nothing and is framed nowhere`(path: String) async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await world.send("GET", path)
            #expect(reply.status == 200)
            #expect(reply.headers["Content-Type"] == "text/html; charset=utf-8")
            let policy = try #require(reply.headers["Content-Security-Policy"])
            #expect(policy.contains("default-src 'none'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("script-src"))
            #expect(reply.headers["X-Content-Type-Options"] == "nosniff")
            let text = String(decoding: reply.body, as: UTF8.self)
            #expect(text.hasPrefix("<!DOCTYPE html>") || text.hasPrefix("<!doctype html>"))
            #expect(!text.contains("<script"))
        }
    }

    @Test func `the reference shows every operation of the document`() async throws {
        try await World.run(on: .sqlite) { world in
            let text = String(decoding: await world.send("GET", "/docs").body, as: UTF8.self)
            let paths = await world.send("GET", "/openapi.json")["paths"]?.object?.names ?? []
            #expect(paths.count > 15)
            for path in paths { #expect(text.contains(path)) }
        }
    }

    @Test(arguments: TestEngine.all)
    func `alive is not ready: without a database, or with another schema, it cannot serve`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            #expect(await node.send("GET", "/readyz").json == ["status": "ok"])
            faulty.goAway()
            #expect(await node.send("GET", "/healthz").json == ["status": "ok"])
            let away = await node.send("GET", "/readyz")
            #expect(away.status == 503)
            #expect(away.headers["Retry-After"] != nil)
            faulty.comeBack()
            #expect(await node.send("GET", "/readyz").status == 200)
            try await world.alter("DELETE FROM schema_migrations WHERE id = 'shop/0001_products'")
            let behind = await node.send("GET", "/readyz")
            #expect(behind.status == 503)
            #expect(behind["detail"]?.string?.contains("kessai migrate") == true)
        }
    }

    @Test(arguments: TestEngine.all)
    func `while the database is away every route that needs it says 503, and when to come again`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            let chief = try await node.operator()
            let order = try await node.order(by: buyer)
            faulty.goAway()
            let cart: JSONValue = ["items": [["product_id": "tea", "quantity": 1]]]
            let replies = [
                await node.send("GET", "/api/products"), await node.send("GET", "/api/me", token: buyer.token),
                await node.send("GET", "/api/orders", token: buyer.token),
                await node.send("POST", "/api/orders", token: buyer.token, body: cart),
                await node.send("POST", "/api/orders", token: buyer.token, key: "k", body: cart),
                await node.intent(order, by: buyer), await node.cancel(order, by: buyer),
                await node.refund(order, by: chief), await node.send("GET", "/api/admin/reviews", token: chief.token),
                await node.send(
                    "POST", "/api/auth/login",
                    body: ["email": "buyer@example.com", "password": "a long enough password"]),
            ]
            for reply in replies {
                #expect(reply.status == 503)
                #expect(reply.code == "unavailable")
                #expect(reply.headers["Retry-After"] != nil)
            }
            faulty.comeBack()
            #expect(await node.status(order, by: buyer) == "pending")
        }
    }

    @Test(arguments: TestEngine.all)
    func `an order is placed once under its key, also when many send it at once`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let other = try await world.buyer("other")
            let second = try await world.anotherNode()
            let cart: JSONValue = ["items": [["product_id": "tea", "quantity": 3]]]
            let replies = await withTaskGroup(of: Reply.self) { group in
                for node in [world, second, world, second, world, second] {
                    group.addTask {
                        await node.send("POST", "/api/orders", token: buyer.token, key: "cart-1", body: cart)
                    }
                }
                return await group.reduce(into: [Reply]()) { $0.append($1) }
            }
            for reply in replies where reply.status != 201 {
                #expect(reply.status == 409)
                #expect(reply.code == "idempotency_key_in_use")
                #expect(reply.headers["Retry-After"] != nil)
            }
            #expect(Set(replies.filter { $0.status == 201 }.map(\.json)).count == 1)
            let again = await world.send("POST", "/api/orders", token: buyer.token, key: "cart-1", body: cart)
            #expect(again.status == 201)
            #expect(again.headers["Idempotent-Replayed"] == "true")
            #expect(try await world.count("orders") == 1)
            #expect(await world.teaLeft() == 97)
            let different: JSONValue = ["items": [["product_id": "tea", "quantity": 4]]]
            let reused = await world.send("POST", "/api/orders", token: buyer.token, key: "cart-1", body: different)
            #expect(reused.status == 422)
            #expect(reused.code == "idempotency_key_reused")
            // A key is its owner's.
            let theirs = await world.send("POST", "/api/orders", token: other.token, key: "cart-1", body: cart)
            #expect(theirs.status == 201)
            #expect(theirs["id"] != again["id"])
            for key in ["", "a b", "鍵", String(repeating: "k", count: 256)] {
                let unfit = await world.send("POST", "/api/orders", token: buyer.token, key: key, body: cart)
                #expect(unfit.status == 400)
            }
        }
    }
}
