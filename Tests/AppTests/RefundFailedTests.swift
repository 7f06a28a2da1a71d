import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// A refund that came back is a person's business: each raises a review of its own (law 7).
@Suite struct RefundFailedTests {
    /// A paid order.
    private func paid(
        _ world: World, card: String
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
    func `two refunds of one payment that come back raise a review each, and a person's note closes them`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, intent) = try await paid(world, card: "pm_card_refundFail")
            var refunds: [JSONValue?] = []
            for amount in [300, 200] as [Int64] {
                refunds.append(await world.refund(order, ["amount": .int(amount)], by: chief)["id"])
                await world.deliver()
                #expect(await world.status(order, by: buyer) == "partially_refunded")
                world.clock.advance(by: .seconds(61))
                await world.deliver()
                #expect(await world.status(order, by: buyer) == "paid")
            }
            let reviews = await world.reviews(by: chief)
            #expect(reviews.map { $0["kind"] } == ["refund_failed", "refund_failed"])
            #expect(reviews.map { $0["payment_intent_id"]?.string } == [intent, intent])
            let raised = await world.story(order, by: chief).filter { $0["what"] == "review_raised" }
            #expect(raised.map { $0["facts"]?["refund"] } == refunds)
            #expect(raised.allSatisfy { $0["facts"]?["kind"] == "refund_failed" })
            #expect(world.logs.lines(of: "payment_needs_review").map(\.level) == [.warning, .warning])
            // Returned in another way: only the note can tell.
            for review in reviews {
                let resolved = await world.resolve(review, by: chief)
                #expect(resolved.status == 200)
                #expect(resolved["note"] == "looked at")
                #expect(resolved["payment_intent_id"]?.string == intent)
            }
            #expect(await world.reviews(by: chief).isEmpty)
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, ["pending", "unheard of"])
    func `a refund that fails before it went raises a review, once, whatever was heard of it before (law 6)`(
        engine: TestEngine, before: String
    ) async throws {
        try await World.run(on: engine) { world in
            let (_, chief, order, intent) = try await paid(world, card: "pm_card_pendingRefund")
            if before == "pending" {
                #expect(await world.refund(order, by: chief)["status"] == "pending")
            } else {
                _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)")
            }
            let failed = try #require(try await world.event("refund.created"))
                .changing("data", "object", "status", to: "failed").changing("type", to: "refund.failed")
            for id in ["evt_failed", "evt_failed_again"] {
                #expect(await world.receive(failed.changing("id", to: .string(id)))["status"] == "success")
            }
            #expect(await world.refunds(order, by: chief).map { $0["status"] } == ["failed"])
            let reviews = await world.reviews(by: chief)
            #expect(reviews.map { $0["kind"] } == ["refund_failed"])
            #expect(reviews.first?["payment_intent_id"]?.string == intent)
            #expect(try await world.count("order_history", where: "kind = 'review_raised'") == 1)
            #expect(try await world.balance("refunds") == 0)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a refund that was canceled on its way raises none: somebody wanted it so`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (_, chief, order, _) = try await paid(world, card: "pm_card_pendingRefund")
            let refund = await world.refund(order, by: chief)["stripe_refund_id"]?.string ?? ""
            _ = try await world.atStripe("POST", "/v1/refunds/\(refund)/cancel")
            await world.deliver()
            #expect(await world.refunds(order, by: chief).map { $0["status"] } == ["canceled"])
            #expect(await world.reviews(by: chief).isEmpty)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `money that is owed back and came back is owed again, until it has gone`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let intent = try await world.payDirectly(order, amount: 100, card: "pm_card_refundFail")
            await world.deliver()
            let mismatch = try #require(await world.reviews(by: chief).first)
            #expect(await world.refund(order, by: chief)["status"] == "succeeded")
            world.clock.advance(by: .seconds(61))
            await world.deliver()
            #expect(await world.resolve(mismatch, by: chief).code == "review_needs_refund")
            let failed = try #require(await world.reviews(by: chief).first { $0["kind"] == "refund_failed" })
            #expect(failed["payment_intent_id"]?.string == intent)
            #expect(await world.resolve(failed, by: chief).status == 200)
            // The other review keeps the order where it is.
            #expect(await world.status(order, by: buyer) == "needs_review")
            #expect(await world.resolve(mismatch, by: chief).code == "review_needs_refund")
            try await world.expectBooks()
        }
    }
}
