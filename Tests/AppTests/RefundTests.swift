import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// S3-NEXT-02: refunds by an operator, in full and in part, safe to repeat.
@Suite struct RefundTests {
    @Test(arguments: TestEngine.all)
    func `a full refund gives all back, and the order follows`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, intent) = try await world.buy(2, by: buyer)
            let reply = await world.refund(order, by: chief)
            #expect(reply.status == 201)
            #expect(reply["status"] == "succeeded")
            #expect(reply["reason"] == "requested_by_customer")
            #expect(reply["amount"] == ["amount": 1960, "currency": "jpy"])
            let made = try await world.listAtStripe("/v1/refunds", "&payment_intent=\(intent)")
            #expect(made.map { $0["id"] } == [reply["stripe_refund_id"]])
            #expect(made.first?["metadata"]?["refund_id"] == reply["id"])
            let read = await world.read(order, by: buyer)
            #expect(read["status"] == "refunded")
            #expect(read["refunded"]?["amount"] == 1960)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "refunded")
            #expect(try await world.count("refunds") == 1)
            #expect(try await world.balance("refunds") == 1960)
            #expect(try await world.balance("sales") == -1960)
            let late = await world.refund(order, by: chief)
            #expect(late.status == 409)
            #expect(late.code == "nothing_to_refund")
            // A refunded order was paid: it cannot be paid again, nor canceled.
            #expect(await world.intent(order, by: buyer).code == "payment_already_processed")
            #expect(await world.cancel(order, by: buyer).code == "order_not_cancelable")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `parts add up to the whole and no further`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, _) = try await world.buy(by: buyer)
            for (amount, sum) in [(300, 300), (1, 301), (600, 901)] as [(Int64, Int64)] {
                let reply = await world.refund(order, ["amount": .int(amount), "reason": "duplicate"], by: chief)
                #expect(reply.status == 201)
                #expect(reply["reason"] == "duplicate")
                let read = await world.read(order, by: buyer)
                #expect(read["status"] == "partially_refunded")
                #expect(read["refunded"]?["amount"]?.int == sum)
            }
            let tooMuch = await world.refund(order, ["amount": 80], by: chief)
            #expect(tooMuch.status == 400)
            #expect(tooMuch.code == "refund_too_large")
            #expect(tooMuch["errors"]?[0]?["field"] == "amount")
            #expect(await world.refund(order, ["amount": 79], by: chief).status == 201)
            #expect(await world.status(order, by: buyer) == "refunded")
            await world.deliver()
            #expect(await world.refunds(order, by: chief).count == 4)
            #expect(try await world.count("refunds") == 4)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `who may refund what: 401, 403, 404, 400 and 409`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let path = "/api/admin/orders/\(order.id)/refunds"
            #expect(await world.send("POST", path, body: [:]).status == 401)
            #expect(await world.refund(order, by: buyer).code == "not_allowed")
            #expect(await world.send("GET", path, token: buyer.token).status == 403)
            for name in ["999999", "nothing"] {
                let unknown = await world.send(
                    "POST", "/api/admin/orders/\(name)/refunds", token: chief.token, body: [:])
                #expect(unknown.status == 404)
                #expect(unknown.code == "order_not_found")
            }
            let unpaid = await world.refund(order, by: chief)
            #expect(unpaid.status == 409)
            #expect(unpaid.code == "nothing_to_refund")
            for body in [["amount": 0], ["amount": -1], ["amount": "1"], ["reason": "because"]] as [JSONValue] {
                #expect(await world.refund(order, body, by: chief).code == "invalid_input")
            }
            #expect(try await world.listAtStripe("/v1/refunds").isEmpty)
        }
    }

    @Test(arguments: TestEngine.all, [StripeSandboxFault.Kind.dropAnswer, .dropBefore, .serverError, .rateLimit])
    func `a lost answer is resolved by the sweep with the same key: one refund (laws 2 and 3)`(
        engine: TestEngine, kind: StripeSandboxFault.Kind
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, _) = try await world.buy(by: buyer)
            world.sandbox.add(StripeSandboxFault(kind, method: "POST", path: "/v1/refunds"))
            let reply = await world.refund(order, ["amount": 400], by: chief)
            #expect(reply.status == 202)
            #expect(reply["status"] == "submitted")
            #expect(reply["stripe_refund_id"] == .null)
            // What is under way is reserved.
            #expect(await world.refund(order, ["amount": 600], by: chief).code == "refund_too_large")
            world.clock.advance(by: .seconds(200))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "partially_refunded")
            #expect(try await world.listAtStripe("/v1/refunds").count == 1)
            await world.deliver()
            let rows = await world.refunds(order, by: chief)
            #expect(rows.map { $0["status"] } == ["succeeded"])
            #expect(rows.first?["id"] == reply["id"])
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `the event of a refund whose answer was lost resolves it (law 3)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, _) = try await world.buy(by: buyer)
            world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/refunds"))
            #expect(await world.refund(order, by: chief).status == 202)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "refunded")
            world.clock.advance(by: .seconds(200))
            try await world.work()
            #expect(try await world.count("refunds") == 1)
            #expect(try await world.listAtStripe("/v1/refunds").count == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `after 25 hours an unknown refund is read before it is sent again (law 3)`(engine: TestEngine, made: Bool)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, _) = try await world.buy(by: buyer)
            let kind: StripeSandboxFault.Kind = made ? .dropAnswer : .dropBefore
            world.sandbox.add(StripeSandboxFault(kind, method: "POST", path: "/v1/refunds"))
            #expect(await world.refund(order, ["amount": 100], by: chief).status == 202)
            world.clock.advance(by: .seconds(25 * 3600))
            try await world.work()
            #expect(try await world.listAtStripe("/v1/refunds").map { $0["amount"] } == [100])
            #expect(try await world.count("refunds", where: "state = 'succeeded'") == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a 500 that Stripe replays is resolved by reading`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, _) = try await world.buy(by: buyer)
            var fault = StripeSandboxFault(.serverError, method: "POST", path: "/v1/refunds")
            fault.hasEffect = true
            world.sandbox.add(fault)
            #expect(await world.refund(order, ["amount": 100], by: chief).status == 202)
            world.clock.advance(by: .seconds(200))
            try await world.work()
            #expect(try await world.listAtStripe("/v1/refunds").count == 1)
            #expect(try await world.count("refunds", where: "state = 'succeeded'") == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a refusal by Stripe is told, and reserves nothing`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, intent) = try await world.buy(by: buyer)
            // Given back at the dashboard, and its events have not come yet.
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=900")
            let reply = await world.refund(order, by: chief)
            #expect(reply.status == 400)
            #expect(reply.code == "refund_refused")
            #expect(world.logs.lines(of: "request_refused").last?.level == .warning)
            #expect(await world.refunds(order, by: chief).map { $0["status"] } == ["refused"])
            #expect(await world.status(order, by: buyer) == "paid")
            await world.deliver()
            #expect(await world.read(order, by: buyer)["refunded"]?["amount"] == 900)
            #expect(await world.refund(order, by: chief)["amount"]?["amount"] == 80)
            #expect(await world.status(order, by: buyer) == "refunded")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `many at once never give back more than was paid (law 2)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, _) = try await world.buy(by: buyer)
            let second = try await world.anotherNode()
            let replies = await withTaskGroup(of: Int.self) { group in
                for node in [world, second, world, second, world, second, world, second] {
                    group.addTask { await node.refund(order, ["amount": 300], by: chief).status }
                }
                return await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(replies.filter { $0 == 201 }.count == 3)
            #expect(replies.filter { $0 == 400 }.count == 5)
            await world.deliver()
            #expect(await world.read(order, by: buyer)["refunded"]?["amount"] == 900)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a repeat with its key gets the first answer and refunds nothing more`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, _) = try await world.buy(by: buyer)
            let first = await world.refund(order, ["amount": 100], by: chief, key: "refund-1")
            let again = await world.refund(order, ["amount": 100], by: chief, key: "refund-1")
            #expect(first.status == 201)
            #expect(again.status == 201)
            #expect(again.json == first.json)
            #expect(again.headers["Idempotent-Replayed"] == "true")
            let other = await world.refund(order, ["amount": 200], by: chief, key: "refund-1")
            #expect(other.status == 422)
            #expect(other.code == "idempotency_key_reused")
            #expect(try await world.listAtStripe("/v1/refunds").count == 1)
            try await world.expectBooks()
        }
    }
}
