import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import Testing

/// What operators keep on sale, and what orders take of it.
@Suite struct ProductTests {
    private static let path = "/api/admin/products"

    private func audit(_ id: String, _ world: World) async throws -> [(
        action: String, by: String?, JSONValue, JSONValue
    )] {
        try await world.database.read { tx in
            try tx.rows(
                """
                SELECT action, actor_user_id, before_json, after_json FROM audit_entries
                WHERE subject_kind = 'product' AND subject_id = \(id) ORDER BY id
                """
            ).map { row in
                (
                    try row.text("action"), try row.textOrNil("actor_user_id"),
                    try row.textOrNil("before_json").map { try JSONValue(parsing: $0) } ?? .null,
                    try row.textOrNil("after_json").map { try JSONValue(parsing: $0) } ?? .null
                )
            }
        }
    }

    private func add(_ id: String, to world: World, by person: Person, currency: String = "jpy") async -> Reply {
        await world.send(
            "POST", Self.path, token: person.token,
            body: [
                "id": .string(id), "name": "茶碗", "unit_amount": ["amount": 2500, "currency": .string(currency)],
                "stock": 5,
            ])
    }

    @Test(arguments: TestEngine.all)
    func `an operator adds a product, and the trail keeps it`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            let reply = await world.send(
                "POST", Self.path, token: chief.token,
                body: ["name": "茶碗", "unit_amount": ["amount": 2500, "currency": "jpy"]])
            #expect(reply.status == 201)
            #expect(reply["stock"] == .null)
            #expect(reply["active"] == true)
            #expect(reply["description"] == "")
            let id = try #require(reply["id"]?.string)
            let entry = try #require(try await audit(id, world).first)
            #expect(entry.action == "product.created")
            #expect(entry.by == chief.id)
            #expect(entry.2 == .null)
            #expect(entry.3["unit_amount"] == 2500)
            let listed = await world.send("GET", Self.path, token: chief.token)["data"]?.array
            #expect(listed == [reply.json])
            #expect(await world.send("GET", "/api/products")["data"]?.array == [reply.json])
        }
    }

    @Test(arguments: TestEngine.all)
    func `an operator changes a product: what is absent stays, and null stock does not run out`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            #expect(await add("bowl", to: world, by: chief).status == 201)
            let steps: [(JSONValue, String, JSONValue)] = [
                (["name": "湯呑"], "name", "湯呑"), (["description": "一\n二"], "description", "一\n二"),
                (["stock": 7], "stock", 7), (["stock": nil], "stock", .null), (["stock": 0], "stock", 0),
                (
                    ["unit_amount": ["amount": 3000, "currency": "jpy"]], "unit_amount",
                    ["amount": 3000, "currency": "jpy"]
                ),
                (["active": false], "active", false),
            ]
            for (change, name, value) in steps {
                let reply = await world.send("PATCH", Self.path + "/bowl", token: chief.token, body: change)
                #expect(reply.status == 200)
                #expect(reply[name] == value)
            }
            let final = await world.send("PATCH", Self.path + "/bowl", token: chief.token, body: [:])
            #expect(final["name"] == "湯呑")
            #expect(final["unit_amount"]?["amount"] == 3000)
            let entries = try await audit("bowl", world)
            #expect(entries.map(\.action) == ["product.created"] + Array(repeating: "product.changed", count: 7))
            for (earlier, later) in zip(entries, entries.dropFirst()) { #expect(later.2 == earlier.3) }
            #expect(entries.last?.3["active"] == false)
            #expect(await world.send("GET", "/api/products")["data"]?.array == [])
            #expect(await world.send("GET", Self.path, token: chief.token)["data"]?.array?.count == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a product keeps its currency`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            #expect(await add("bowl", to: world, by: chief).status == 201)
            for currency in ["usd", "xxx", "1$2"] {
                let reply = await change(price: 1, currency)
                #expect(reply.status == 400)
                #expect(reply.code == "currency_changed")
                #expect(reply["errors"]?[0]?["field"] == "unit_amount.currency")
            }
            #expect(await change(price: 2600, "JPY").status == 200)
            let read = await world.send("GET", Self.path, token: chief.token)["data"]?[0]
            #expect(read?["unit_amount"] == ["amount": 2600, "currency": "jpy"])
            func change(price: Int64, _ currency: String) async -> Reply {
                await world.send(
                    "PATCH", Self.path + "/bowl", token: chief.token,
                    body: ["unit_amount": ["amount": .int(price), "currency": .string(currency)]])
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `an id that is taken is refused, and a product that is not there is not found`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            #expect(await add("bowl", to: world, by: chief).status == 201)
            let again = await add("bowl", to: world, by: chief)
            #expect(again.status == 409)
            #expect(again.code == "product_exists")
            let missing = await world.send("PATCH", Self.path + "/cup", token: chief.token, body: ["stock": 1])
            #expect(missing.status == 404)
            #expect(missing.code == "product_not_found")
        }
    }

    @Test(
        arguments: [
            ("id", ""), ("id", "a b"), ("id", "a/b"), ("id", "茶"), ("id", .string(String(repeating: "a", count: 65))),
            ("name", ""), ("name", "a\nb"), ("name", .string(String(repeating: "茶", count: 201))), ("name", 1),
            ("description", .string(String(repeating: "茶", count: 2001))), ("stock", -1), ("stock", 1_000_000_001),
            ("stock", "1"), ("active", "yes"), ("price", 1), ("unit_amount", 100),
            ("unit_amount", ["amount": 0, "currency": "jpy"]), ("unit_amount", ["amount": -1, "currency": "jpy"]),
            ("unit_amount", ["amount": 100_000_000, "currency": "jpy"]), ("unit_amount", ["amount": 1]),
            ("unit_amount", ["amount": 1, "currency": "yen!"]), ("unit_amount", ["amount": 1, "currency": "1$2"]),
            ("unit_amount", ["amount": 1, "currency": "zzz"]), ("unit_amount", ["amount": 1, "currency": "btc"]),
        ] as [(String, JSONValue)])
    func `a product outside its bounds is refused with the field at fault`(field: String, value: JSONValue)
        async throws
    {
        try await World.run(on: .sqlite) { world in
            let chief = try await world.operator()
            let good: JSONValue = [
                "id": "bowl", "name": "茶碗", "unit_amount": ["amount": 2500, "currency": "jpy"],
            ]
            let reply = await world.send("POST", Self.path, token: chief.token, body: good.changing(field, to: value))
            #expect(reply.status == 400)
            #expect(reply.code == "invalid_input")
            #expect(reply["errors"]?[0]?["field"]?.string?.hasPrefix(field) == true)
            let patch = await world.send(
                "PATCH", Self.path + "/bowl", token: chief.token, body: .object([field: value]))
            #expect(patch.status == 400 || patch.code == "product_not_found")
            #expect(try await world.count("products") == 0)
        }
    }

    @Test(arguments: TestEngine.all)
    func `buyers read what is sold and change nothing`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            for token in [nil, buyer.token] {
                let status = token == nil ? 401 : 403
                #expect(await world.send("GET", Self.path, token: token).status == status)
                #expect(
                    await world.send("POST", Self.path, token: token, body: ["name": "x"]).status == status)
                #expect(
                    await world.send("PATCH", Self.path + "/tea", token: token, body: ["stock": 1]).status == status)
            }
            #expect(await world.teaLeft() == 100)
        }
    }

    @Test(arguments: TestEngine.all)
    func `lists come in pages that miss and repeat nothing`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            for number in 0..<7 { #expect(await add("bowl-\(number)", to: world, by: chief).status == 201) }
            for path in ["/api/products", Self.path] {
                var seen: [String] = []
                var cursor: String?
                repeat {
                    let page = await world.send(
                        "GET", path + "?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""), token: chief.token)
                    seen += page["data"]?.array?.compactMap { $0["id"]?.string } ?? []
                    cursor = page["next_cursor"]?.string
                    #expect(page["has_more"]?.bool == (cursor != nil))
                } while cursor != nil
                #expect(seen == (0..<7).map { "bowl-\($0)" })
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `an order keeps its price after a change, and what is not sold cannot be ordered (law 1)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(2, by: buyer)
            let change: JSONValue = ["unit_amount": ["amount": 5000, "currency": "jpy"], "name": "玉露"]
            #expect(await world.send("PATCH", Self.path + "/tea", token: chief.token, body: change).status == 200)
            #expect(await world.intent(order, by: buyer)["amount"] == 1960)
            let read = await world.read(order, by: buyer)
            #expect(read["items"]?[0]?["description"] == "煎茶")
            #expect(read["items"]?[0]?["unit_amount"]?["amount"] == 980)
            #expect(try await world.order(2, by: buyer).total == 10_000)
            let off: JSONValue = ["active": false]
            #expect(await world.send("PATCH", Self.path + "/tea", token: chief.token, body: off).status == 200)
            let refused = await world.send(
                "POST", "/api/orders", token: buyer.token, body: ["items": [["product_id": "tea", "quantity": 1]]])
            #expect(refused.status == 404)
            #expect(refused.code == "product_not_found")
            // An order that was placed is still paid and delivered.
            try await world.confirm(try await world.openPayment(order, by: buyer))
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `carts with crossed products do not block each other`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            // Two of them, as one may not have so many unpaid orders.
            let buyers = [try await world.buyer("one"), try await world.buyer("two")]
            for id in ["a", "b", "c"] {
                let body: JSONValue = [
                    "id": .string(id), "name": .string(id), "unit_amount": ["amount": 100, "currency": "jpy"],
                    "stock": 100,
                ]
                #expect(await world.send("POST", Self.path, token: chief.token, body: body).status == 201)
            }
            let statuses = await withTaskGroup(of: Int.self) { group in
                for turn in 0..<24 {
                    let ids = turn.isMultiple(of: 2) ? ["a", "b", "c"] : ["c", "b", "a"]
                    let items = ids.map { id in ["product_id": .string(id), "quantity": 1] as JSONValue }
                    let buyer = buyers[turn % 2]
                    group.addTask {
                        await world.send(
                            "POST", "/api/orders", token: buyer.token, body: ["items": .array(items)]
                        ).status
                    }
                }
                return await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 201, count: 24))
            #expect(try await world.count("products", where: "stock = 76") == 3)
        }
    }

    @Test(arguments: TestEngine.all)
    func `what is sold out or not on sale is named by its place in the cart`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            for (wanted, count, status, code) in [
                ("tea", 101, 409, "out_of_stock"), ("cup", 1, 404, "product_not_found"),
            ]
                as [(String, Int64, Int, String)]
            {
                let reply = await world.send(
                    "POST", "/api/orders", token: buyer.token,
                    body: [
                        "items": [
                            ["product_id": "pot", "quantity": 1],
                            ["product_id": .string(wanted), "quantity": .int(count)],
                        ]
                    ])
                #expect(reply.status == status)
                #expect(reply.code == code)
                #expect(reply["errors"]?[0]?["field"] == "items[1].product_id")
            }
            #expect(await world.teaLeft() == 100)
        }
    }

    /// A product may cost less than Stripe's least charge: carts add up.
    @Test(arguments: TestEngine.all)
    func `a cart below or above what Stripe charges is refused by its code and takes nothing`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            for (id, price) in [("sweet", 1), ("house", 99_999_999)] as [(String, Int64)] {
                let added = await world.send(
                    "POST", Self.path, token: chief.token,
                    body: [
                        "id": .string(id), "name": "x", "unit_amount": ["amount": .int(price), "currency": "jpy"],
                        "stock": 100,
                    ])
                #expect(added.status == 201)
            }
            for (id, count, status) in [("sweet", 49, 400), ("sweet", 50, 201), ("house", 2, 400), ("house", 1, 201)]
                as [(String, Int64, Int)]
            {
                let reply = await world.send(
                    "POST", "/api/orders", token: buyer.token,
                    body: ["items": [["product_id": .string(id), "quantity": .int(count)]]])
                #expect(reply.status == status)
                #expect(reply.code == (status == 400 ? "amount_not_chargeable" : nil))
            }
            let added = await world.send(
                "POST", Self.path, token: chief.token,
                body: [
                    "id": "dinar", "name": "x", "unit_amount": ["amount": 615, "currency": "kwd"], "stock": 100,
                ])
            #expect(added.status == 201)
            for (count, status) in [(1, 400), (2, 201)] as [(Int64, Int)] {
                let reply = await world.send(
                    "POST", "/api/orders", token: buyer.token,
                    body: ["items": [["product_id": "dinar", "quantity": .int(count)]]])
                #expect(reply.status == status)
                #expect(reply.code == (status == 400 ? "amount_not_chargeable" : nil))
                #expect(status == 201 || reply["detail"]?.string?.hasSuffix("and a multiple of 10.") == true)
            }
            #expect(try await world.count("products", where: "id = 'sweet' AND stock = 50") == 1)
            #expect(try await world.count("products", where: "id = 'house' AND stock = 99") == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a cart with a product twice or with two currencies is refused and takes nothing`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            #expect(await add("mug", to: world, by: chief, currency: "usd").status == 201)
            for (first, second, code) in [("tea", "tea", "repeated_product"), ("tea", "mug", "mixed_currencies")] {
                let reply = await world.send(
                    "POST", "/api/orders", token: buyer.token,
                    body: [
                        "items": [
                            ["product_id": .string(first), "quantity": 1],
                            ["product_id": .string(second), "quantity": 2],
                        ]
                    ])
                #expect(reply.status == 400)
                #expect(reply.code == code)
                let field = code == "repeated_product" ? "items[1].product_id" : nil
                #expect(reply["errors"]?[0]?["field"]?.string == field)
            }
            #expect(await world.teaLeft() == 100)
            #expect(try await world.count("products", where: "id = 'mug' AND stock = 5") == 1)
            #expect(try await world.count("orders") == 0)
        }
    }
}
