import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Refunds as Stripe tells of them: late, failed, from the dashboard, repeated, in any order (S3-HOOK-03, law 6).
@Suite struct RefundEventTests {
    /// A paid order.
    private func paid(
        _ world: World, card: String = "pm_card_visa"
    ) async throws -> (buyer: Person, chief: Person, order: PlacedOrder, intent: String) {
        try await world.stockShop()
        let buyer = try await world.buyer()
        let chief = try await world.operator()
        let order = try await world.order(by: buyer)
        let intent = try await world.openPayment(order, by: buyer)
        try await world.confirm(intent, card: card)
        await world.deliver()
        return (buyer, chief, order, intent)
    }

    @Test(arguments: TestEngine.all)
    func `a refund that is pending counts when it has gone`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, _) = try await paid(world, card: "pm_card_pendingRefund")
            let reply = await world.refund(order, by: chief)
            #expect(reply.status == 201)
            #expect(reply["status"] == "pending")
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(try await world.balance("refunds") == 0)
            #expect(await world.refund(order, by: chief).code == "nothing_to_refund")
            world.clock.advance(by: .seconds(61))
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "refunded")
            #expect(await world.refunds(order, by: chief).map { $0["status"] } == ["succeeded"])
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a refund that comes back puts the order back and books it back, and can be sent again`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, _) = try await paid(world, card: "pm_card_refundFail")
            #expect(await world.refund(order, by: chief)["status"] == "succeeded")
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "refunded")
            try await world.expectBooks()
            world.clock.advance(by: .seconds(61))
            await world.deliver()
            let read = await world.read(order, by: buyer)
            #expect(read["status"] == "paid")
            #expect(read["refunded"]?["amount"] == 0)
            #expect(try await world.balance("refunds") == 0)
            #expect(try await world.count("journal_entries", where: "kind = 'refund_reversal'") == 1)
            try await world.expectBooks()
            #expect(await world.refund(order, ["amount": 80], by: chief).status == 201)
            #expect(await world.status(order, by: buyer) == "partially_refunded")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `news of a refund in any order and twice ends the same (law 6, GEN-06)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, intent) = try await paid(world, card: "pm_card_refundFail")
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)")
            world.clock.advance(by: .seconds(61))
            // Asking lets the sandbox catch up.
            _ = try await world.listAtStripe("/v1/refunds")
            let types = ["refund.failed", "charge.refund.updated", "refund.updated", "refund.created"]
            var events: [JSONValue] = []
            for type in types { events.append(try #require(try await world.event(type))) }
            for event in events + events.reversed() { #expect(await world.receive(event).status == 200) }
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(await world.refunds(order, by: chief).map { $0["status"] } == ["failed"])
            #expect(try await world.balance("refunds") == 0)
            #expect(try await world.balance("stripe_balance") == 980)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a refund at Stripe's dashboard arrives by its events, once (S3-HOOK-03)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, intent) = try await paid(world)
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=300&reason=fraudulent")
            world.sandbox.add(StripeSandboxFault(.repeatEvents, times: nil))
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "partially_refunded")
            let row = try #require(await world.refunds(order, by: chief).first)
            #expect(row["amount"]?["amount"] == 300)
            #expect(row["reason"] == "fraudulent")
            let line = try #require(world.logs.lines(of: "charge_refunded").first)
            #expect(line["order_id"] == .string(order.id))
            #expect(line["amount_refunded"] == 300)
            #expect(try await world.count("refunds") == 1)
            #expect(await world.refund(order, by: chief)["amount"]?["amount"] == 680)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "refunded")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `charge.refunded alone makes the refunds be read (law 8)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, _, order, intent) = try await paid(world)
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=300")
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=200")
            let event = try #require(try await world.event("charge.refunded"))
            #expect(await world.receive(event)["actions"]?[0]?["action"] == "refunds_to_read")
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.work()
            #expect(await world.status(order, by: buyer) == "partially_refunded")
            #expect(try await world.count("refunds") == 2)
            // Known by now.
            await world.deliver()
            #expect(try await world.count("refunds") == 2)
            #expect(try await world.balance("refunds") == 500)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `money that Stripe says has gone is booked, also when the refund was taken for refused (law 6)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, _) = try await paid(world)
            world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/refunds"))
            #expect(await world.refund(order, by: chief).status == 202)
            // As if a later try had been refused for good.
            try await world.alter("UPDATE refunds SET state = 'refused' WHERE order_id = \(order.id)")
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "refunded")
            #expect(await world.refunds(order, by: chief).map { $0["status"] } == ["succeeded"])
            try await world.expectBooks()
        }
    }
}
