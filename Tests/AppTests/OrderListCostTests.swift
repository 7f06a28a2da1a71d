import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Testing

/// A page of orders costs the database the same however long it is.
@Suite struct OrderListCostTests {
    @Test(arguments: TestEngine.all)
    func `a page of fifty orders asks for orders once and for their lines once`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let counting = CountingDatabase(world.database)
            let node = try await World.make(database: counting, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let (buyer, chief) = (try await node.buyer(), try await node.operator())
            // Nobody may have so many open at once.
            for _ in 0..<17 { try await order(buyer, in: node) }
            for _ in 0..<3 {
                for order in try await page("/api/orders?limit=17", buyer, of: node) {
                    let path = "/api/orders/\(order["id"]?.string ?? "")/cancel"
                    #expect(await node.send("POST", path, token: buyer.token).status == 200)
                }
                for _ in 0..<17 { try await order(buyer, in: node) }
            }
            for (person, path, others) in [(buyer, "/api/orders", 0), (chief, "/api/admin/orders", 1)] {
                for length in [1, 2, 3, 17, 50] {
                    counting.forget()
                    let orders = try await page("\(path)?limit=\(length)", person, of: node)
                    #expect(orders.count == length)
                    for order in orders {
                        #expect(
                            order["items"]?.array?.map { $0["product_id"] } == ["tea", "pot"],
                            "each has its own lines, in their order")
                        #expect(order["items"]?[1]?["unit_amount"]?["amount"] == 14_540)
                    }
                    let asked = counting.statements
                    #expect(asked.count { $0.contains("FROM order_lines") } == 1)
                    #expect(asked.count { $0.contains("FROM orders") } == 1)
                    // Who asks is looked for, too, and whose the orders are.
                    #expect(asked.count <= 3 + others, "\(asked)")
                }
            }
            counting.forget()
            let none = try await page("/api/orders?cursor=1", buyer, of: node)
            #expect(none.isEmpty && !counting.statements.contains { $0.contains("FROM order_lines") })
        }
    }

    private func order(_ person: Person, in world: World) async throws {
        let cart: JSONValue = [
            "items": [["product_id": "tea", "quantity": 1], ["product_id": "pot", "quantity": 1]]
        ]
        try #require(await world.send("POST", "/api/orders", token: person.token, body: cart).status == 201)
    }

    private func page(_ path: String, _ person: Person, of world: World) async throws -> [JSONValue] {
        try #require(await world.send("GET", path, token: person.token)["data"]?.array)
    }
}
