import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import Testing

/// Why an order is as it is: every cause before its effect.
@Suite struct LifeStoryTests {
    @Test(arguments: TestEngine.all)
    func `a paid order tells requests, intent and key, event, postings and jobs in causal order`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            world.clock.advance(by: .seconds(5))
            let intent = try await world.openPayment(order, by: buyer)
            world.clock.advance(by: .seconds(5))
            try await world.confirm(intent)
            await world.deliver()
            try await world.work()
            let event = try #require(try await world.event("payment_intent.succeeded")?["id"]?.string)
            world.clock.advance(by: .seconds(5))
            #expect(await world.refund(order, ["amount": 80], by: chief).status == 201)
            let lines = await world.story(order, by: chief)
            let told = lines.filter { $0["source"] != "event" || $0["cause"]?.string == "event \(event)" }
            #expect(
                told.map { "\($0["source"]?.string ?? "") \($0["what"]?.string ?? "")" } == [
                    "history order_placed", "history intent_submitted", "history intent_opened",
                    "event payment_intent.succeeded", "history order_paid", "history order_fulfilled",
                    "posting stripe_balance", "posting sales", "job outbox.deliver",
                    "history refund_submitted", "history refund_succeeded", "posting refunds",
                    "posting stripe_balance",
                ])
            let submitted = try #require(lines.first { $0["what"] == "intent_submitted" })
            #expect(submitted["facts"]?["idempotency_key"]?.string == "\(order.id)-1")
            #expect(submitted["cause"]?.string?.hasPrefix("request req_test_") == true)
            let opened = try #require(lines.first { $0["what"] == "intent_opened" })
            #expect(opened["cause"] == submitted["cause"])
            #expect(opened["facts"]?["payment_intent"]?.string == intent)
            #expect(opened["facts"]?["stripe_request"]?.string?.hasPrefix("req_") == true)
            let paid = try #require(lines.first { $0["what"] == "order_paid" })
            #expect(paid["cause"]?.string == "event \(event)")
            #expect(lines.first { $0["what"] == "sales" }?["cause"]?.string == "payment \(intent)")
            let times = lines.compactMap { $0["at"]?.string }
            #expect(times == times.sorted())
        }
    }

    @Test(arguments: TestEngine.all)
    func `an event that had to wait stands where it came, and its effect where it happened`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent)
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=300")
            let refund = try #require(try await world.event("refund.created"))
            let paid = try #require(try await world.event("payment_intent.succeeded"))
            world.clock.advance(by: .seconds(1))
            #expect(await world.receive(refund)["status"] == "waiting")
            world.clock.advance(by: .seconds(1))
            #expect(await world.receive(paid)["status"] == "success")
            world.clock.advance(by: .seconds(10))
            try await world.work()
            let told = await world.story(order, by: chief).map { $0["what"]?.string ?? "" }
            let wanted = ["refund.created", "payment_intent.succeeded", "order_paid", "refund_succeeded"]
            let places = wanted.compactMap { told.firstIndex(of: $0) }
            #expect(places.count == 4)
            #expect(places == places.sorted())
        }
    }

    @Test(arguments: TestEngine.all)
    func `stories are for operators`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let path = "/api/admin/orders/\(order.number)/story"
            #expect(await world.send("GET", path, token: buyer.token).status == 403)
            #expect(await world.send("GET", path, token: chief.token).status == 200)
            let unknown = await world.send("GET", "/api/admin/orders/999999/story", token: chief.token)
            #expect(unknown.code == "order_not_found")
        }
    }
}
