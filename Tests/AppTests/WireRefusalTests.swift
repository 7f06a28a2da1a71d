import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// Bad input is a 4xx that says what to change, whatever the route; the routes are taken from the document.
@Suite struct WireRefusalTests {
    /// An operation of the document.
    struct Operation: Sendable {
        let method: String
        let path: String
        let body: JSONValue

        var takesJSON: Bool { body["content"]?["application/json"]?["schema"]?["$ref"] != nil }
    }

    private func operations(
        _ world: World, where isWanted: (JSONValue) -> Bool
    ) async throws -> [Operation] {
        let document = await world.send("GET", "/openapi.json")
        let all = (document["paths"]?.object?.members ?? []).flatMap { path, item in
            (item.object?.members ?? []).filter { isWanted($0.value) }.map { method, operation in
                Operation(
                    method: method.uppercased(),
                    path: path.split(separator: "/").map { $0.hasPrefix("{") ? "/1" : "/\($0)" }.joined(),
                    body: operation["requestBody"] ?? .null)
            }
        }
        try #require(!all.isEmpty)
        return all
    }

    private func send(
        _ operation: Operation, _ body: String, type: String? = "application/json", by person: Person, _ world: World
    ) async -> Reply {
        var headers: HTTPHeaders = ["Authorization": "Bearer \(person.token)"]
        headers["Content-Type"] = type
        return await world.send(
            HTTPRequest(operation.method, operation.path, headers: headers, body: Array(body.utf8)))
    }

    @Test func `a body that is not what a route takes is refused with the field at fault`() async throws {
        try await World.run(on: .sqlite) { world in
            let chief = try await world.operator()
            let all = try await operations(world) { $0["requestBody"] != nil }.filter(\.takesJSON)
            #expect(all.count >= 8)
            for operation in all {
                let unknown = await send(operation, "{\"surprise\": 1}", by: chief, world)
                #expect(unknown.status == 400)
                #expect(unknown.code == "invalid_input")
                let faults = unknown["errors"]?.array ?? []
                #expect(faults.contains { $0["field"] == "surprise" && $0["code"] == "unknown" })
                for malformed in [
                    "", "[]", "null", "1", "\"text\"", "{", "{}{}", "{'a':1}", "\u{FEFF}{}", "{\"a\":1,\"a\":2}",
                    "{\"a\":NaN}", String(repeating: "[", count: 100),
                ] {
                    let reply = await send(operation, malformed, by: chief, world)
                    #expect(reply.status == 400)
                    #expect(reply.code == "invalid_input")
                }
                for type in [nil, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
                    let reply = await send(operation, "{}", type: type, by: chief, world)
                    #expect(reply.status == 415)
                    #expect(reply.code == "media_type_not_supported")
                }
                let large = await send(operation, String(repeating: " ", count: 65 << 10), by: chief, world)
                #expect(large.status == 413)
                #expect(large.code == "body_too_large")
            }
        }
    }

    @Test func `a media type may have parameters and capitals`() async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await world.send(
                HTTPRequest(
                    "POST", "/api/auth/login", headers: ["Content-Type": "Application/JSON ; charset=utf-8"],
                    body: Array("{\"email\":\"a@example.com\",\"password\":\"x\"}".utf8)))
            #expect(reply.status == 401)
        }
    }

    @Test func `bytes that are not UTF-8 are refused`() async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await world.send(
                HTTPRequest(
                    "POST", "/api/auth/login", headers: ["Content-Type": "application/json"],
                    body: Array("{\"email\":\"".utf8) + [0xFF, 0xFE] + Array("\",\"password\":\"x\"}".utf8)))
            #expect(reply.status == 400)
        }
    }

    @Test(
        arguments: [
            ("items", 1), ("items", []), ("items", [1]), ("items", [["product_id": "tea"]]),
            ("items[0].quantity", [["product_id": "tea", "quantity": 0]]),
            ("items[0].quantity", [["product_id": "tea", "quantity": 10_000]]),
            ("items[0].quantity", [["product_id": "tea", "quantity": "1"]]),
            ("items[0].product_id", [["product_id": "", "quantity": 1]]),
            ("items[0].product_id", [["product_id": 5, "quantity": 1]]),
            ("items[0].product_id", [["product_id": .string(String(repeating: "a", count: 65)), "quantity": 1]]),
            ("items[0].product_id", [["product_id": "a\0b", "quantity": 1]]),
        ] as [(String, JSONValue)])
    func `a cart's faults are told by field`(field: String, items: JSONValue) async throws {
        try await World.run(on: .sqlite) { world in
            let buyer = try await world.buyer()
            let reply = await world.send("POST", "/api/orders", token: buyer.token, body: ["items": items])
            #expect(reply.status == 400)
            #expect(reply["errors"]?[0]?["field"]?.string?.hasPrefix(field) == true)
            let tooMany = JSONValue.array((0...50).map { ["product_id": .string("p\($0)"), "quantity": 1] })
            #expect(
                await world.send("POST", "/api/orders", token: buyer.token, body: ["items": tooMany]).status == 400)
        }
    }

    @Test func `every route that wants somebody refuses nobody, strangers, and buyers where operators are meant`()
        async throws
    {
        try await World.run(on: .sqlite) { world in
            let buyer = try await world.buyer()
            let all = try await operations(world) { $0["security"]?[0]?["bearer"] != nil }
            #expect(all.count >= 15)
            for operation in all {
                let nobody = await world.send(operation.method, operation.path)
                #expect(nobody.status == 401)
                #expect(nobody.code == "not_logged_in")
                #expect(nobody.headers["WWW-Authenticate"] == "Bearer")
                for token in ["x", "", "a.b.c", buyer.token + "x", String(buyer.token.dropLast(10))] {
                    let stranger = await world.send(operation.method, operation.path, token: token)
                    #expect(stranger.status == 401)
                }
            }
            let admin = try await operations(world) { $0["description"] == "For: operator" }
            #expect(admin.count >= 10)
            for operation in admin {
                let reply = await world.send(operation.method, operation.path, token: buyer.token)
                #expect(reply.status == 403)
                #expect(reply.code == "not_allowed")
                #expect(operation.path.hasPrefix("/api/admin/"))
            }
        }
    }

    @Test func `a token is good for its time`() async throws {
        try await World.run(on: .sqlite) { world in
            let buyer = try await world.buyer()
            world.clock.advance(by: .seconds(86_400))
            let reply = await world.send("GET", "/api/me", token: buyer.token)
            #expect(reply.status == 401)
            #expect(reply.code == "token_not_valid")
        }
    }

    @Test(arguments: [
        "limit=0", "limit=101", "limit=x", "limit=1.5", "limit=", "limit=1&limit=2", "surprise=1", "%zz=1",
        "limit=%", "cursor=" + String(repeating: "a", count: 300), "cursor=",
    ])
    func `a query that a list does not know is refused`(query: String) async throws {
        try await World.run(on: .sqlite) { world in
            let chief = try await world.operator()
            for path in ["/api/orders", "/api/admin/orders", "/api/products", "/api/admin/products"] {
                let reply = await world.send("GET", "\(path)?\(query)", token: chief.token)
                #expect(reply.status == 400)
                #expect(reply.code == "invalid_input")
            }
        }
    }

    @Test func `a cursor that no list gave is refused`() async throws {
        try await World.run(on: .sqlite) { world in
            let buyer = try await world.buyer()
            for cursor in ["x", "-1", "0", "99999999999999999999"] {
                let reply = await world.send("GET", "/api/orders?cursor=\(cursor)", token: buyer.token)
                #expect(reply.status == 400)
                #expect(reply["errors"]?[0]?["field"] == "cursor")
            }
        }
    }
}
