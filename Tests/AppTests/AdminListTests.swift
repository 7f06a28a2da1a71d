import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// S3-NEXT-03: what operators list, as JSON.
@Suite struct AdminListTests {
    @Test(arguments: TestEngine.all)
    func `an operator sees whose an order is, and filters by it`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let (buyer, other) = (try await world.buyer(), try await world.buyer("other"))
            let chief = try await world.operator()
            let (paid, _) = try await world.buy(by: buyer)
            let open = try await world.order(by: buyer)
            let theirs = try await world.order(by: other)
            func list(_ query: String) async -> [Int64] {
                let reply = await world.send("GET", "/api/admin/orders?\(query)", token: chief.token)
                return reply["data"]?.array?.compactMap { $0["number"]?.int } ?? []
            }
            let all = await world.send("GET", "/api/admin/orders", token: chief.token)
            #expect(all.headers["Cache-Control"] == "no-store")
            #expect(all["data"]?[0]?["user"] == ["id": .string(other.id), "email": "other@example.com"])
            for (query, orders) in [
                ("", [theirs, open, paid]), ("user=\(buyer.id)", [open, paid]),
                ("user=\(buyer.id.uppercased())", [open, paid]),
                ("user=BUYER%40Example.com", [open, paid]), ("user=nobody%40example.com", []), ("user=%40", []),
                ("user=019aa000-0000-7000-8000-000000000001", []), ("status=paid", [paid]),
                ("status=pending&user=\(other.id)", [theirs]), ("number=\(open.number)", [open]),
                ("number=\(open.number)&status=paid", []), ("limit=2", [theirs, open]),
                ("limit=2&cursor=\(open.number)", [paid]), ("status=pending&cursor=\(theirs.number)", [open]),
            ] as [(String, [PlacedOrder])] {
                let found = await list(query)
                #expect(found == orders.map(\.number), "\(query)")
            }
            for query in ["user=nobody", "user=ab", "status=lost", "number=0", "number=x", "cursor=x"] {
                let refused = await world.send("GET", "/api/admin/orders?\(query)", token: chief.token)
                #expect(refused.status == 400)
                #expect(refused["errors"]?[0]?["field"]?.string == String(query.prefix { $0 != "=" }))
            }
            try await world.disable(other)
            #expect(await list("user=other%40example.com") == [theirs.number])
        }
    }

    @Test(arguments: TestEngine.all)
    func `an order comes with its payments, refunds, reviews and story`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let (buyer, chief) = (try await world.buyer(), try await world.operator())
            let (order, intent) = try await world.buy(2, by: buyer)
            _ = try await world.payDirectly(order)
            await world.deliver()
            _ = await world.refund(order, ["amount": 1], by: chief)
            let path = "/api/admin/orders/\(order.number)"
            let reply = await world.send("GET", path, token: chief.token)
            #expect(reply.status == 200)
            #expect(reply["id"]?.string == order.id)
            #expect(reply["items"]?[0]?["quantity"] == 2)
            #expect(reply["user"]?["email"] == "buyer@example.com")
            #expect(reply["payments"]?.array?.count == 2)
            #expect(reply["payments"]?[0]?["payment_intent_id"]?.string == intent)
            #expect(reply["payments"]?[0]?["order_number"]?.int == order.number)
            #expect(reply["refunds"]?[0]?["payment_id"] == reply["payments"]?[0]?["id"])
            #expect(reply["reviews"]?[0]?["kind"] == "customer_mismatch")
            #expect(reply["disputed"] == false)
            let story = await world.story(order, by: chief)
            #expect(reply["story"]?.array == story)
            #expect(await world.send("GET", path, token: buyer.token).status == 403)
            #expect(await world.send("GET", path).status == 401)
            for name in ["999999", "x", "019aa000-0000-7000-8000-000000000002"] {
                let none = await world.send("GET", "/api/admin/orders/\(name)", token: chief.token)
                #expect(none.code == "order_not_found")
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `reviews are paged: open ones oldest first, decided ones newest first`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let (buyer, chief) = (try await world.buyer(), try await world.operator())
            for amount in [100, 200, 300] as [Int64] {
                let order = try await world.order(by: buyer)
                _ = try await world.payDirectly(order, amount: amount)
                await world.deliver()
                world.clock.advance(by: .seconds(1))
            }
            func list(_ query: String) async -> Reply {
                await world.send("GET", "/api/admin/reviews?\(query)", token: chief.token)
            }
            func ids(_ reply: Reply) -> [String] { reply["data"]?.array?.compactMap { $0["id"]?.string } ?? [] }
            let all = ids(await list(""))
            try #require(all.count == 3)
            let first = await list("limit=2")
            #expect(ids(first) == Array(all.prefix(2)))
            #expect(ids(await list("limit=2&cursor=\(first["next_cursor"]?.string ?? "")")) == [all[2]])
            #expect(ids(await list("status=all")) == all.reversed())
            #expect(ids(await list("status=all&cursor=\(all[2])")) == [all[1], all[0]])
            #expect(ids(await list("status=resolved")) == [])
            #expect(ids(await list("kind=amount_mismatch")) == all)
            #expect(ids(await list("kind=refund_failed")) == [])
            let unknown = await list("cursor=019aa000-0000-7000-8000-000000000002")
            #expect(unknown["errors"]?[0]?["field"] == "cursor")
            for query in ["status=lost", "kind=lost", "cursor=x", "limit=0", "limit=101"] {
                #expect(await list(query).status == 400)
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `dead letters are paged and filtered by kind`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            let now = world.clock.now()
            let ids = (1...5).map { "019aa000-0000-7000-8000-00000000000\($0)" }
            try await world.database.write { tx in
                for (index, id) in ids.enumerated() {
                    try tx.execute(
                        """
                        INSERT INTO jobs (id, kind, arguments, state, attempt, fence, created_at_ms, run_at_ms,
                            finished_at_ms, last_error)
                        VALUES (\(id), \(index == 0 ? "a" : "b"), '{}', 'dead', 1, 1, \(now), \(now), \(now), 'broken')
                        """)
                }
            }
            func list(_ query: String) async -> Reply {
                await world.send("GET", "/api/admin/dead-letters?\(query)", token: chief.token)
            }
            func found(_ reply: Reply) -> [String] { reply["data"]?.array?.compactMap { $0["id"]?.string } ?? [] }
            let first = await list("limit=3")
            #expect(found(first) == [ids[4], ids[3], ids[2]])
            #expect(first["has_more"] == true)
            let rest = await list("limit=3&cursor=\(first["next_cursor"]?.string ?? "")")
            #expect(found(rest) == [ids[1], ids[0]])
            #expect(rest["next_cursor"]?.isNull == true)
            #expect(found(await list("kind=a")) == [ids[0]])
            #expect(found(await list("kind=b&limit=1&cursor=\(ids[2])")) == [ids[1]])
            for query in ["cursor=x", "limit=0", "kind=", "status=dead"] {
                #expect(await list(query).status == 400)
            }
        }
    }
}
