import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Law 7 where an intent is read back and not told of by an event: what does not fit is flagged, and never handed out.
@Suite struct ReadBackTests {
    /// An order whose payment is open.
    private func opened(
        _ world: World
    ) async throws -> (buyer: Person, chief: Person, order: PlacedOrder, intent: String) {
        try await world.stockShop()
        let buyer = try await world.buyer()
        let chief = try await world.operator()
        let order = try await world.order(by: buyer)
        return (buyer, chief, order, try await world.openPayment(order, by: buyer))
    }

    private func expectReview(_ order: PlacedOrder, by buyer: Person, _ world: World) async {
        let reply = await world.intent(order, by: buyer)
        #expect(reply.status == 400)
        #expect(reply.code == "order_not_pending")
        #expect(reply["detail"]?.string?.contains("needs_review") == true)
        #expect(reply["client_secret"] == nil)
        #expect(await world.status(order, by: buyer) == "needs_review")
    }

    @Test(arguments: TestEngine.all, ["customer_mismatch", "order_mismatch"])
    func `an unpaid intent that is another's is a person's business, and not even its amount is changed`(
        engine: TestEngine, kind: String
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, intent) = try await opened(world)
            var form = "amount=500"
            if kind == "customer_mismatch" {
                try await world.alter("UPDATE orders SET stripe_customer_id = 'cus_other' WHERE id = \(order.id)")
            } else {
                form += "&metadata[order_id]=019aa000-0000-7000-8000-000000000001"
            }
            _ = try await world.atStripe("POST", "/v1/payment_intents/\(intent)", form)
            for _ in 0..<2 { await expectReview(order, by: buyer, world) }
            let untouched = try await world.atStripe("GET", "/v1/payment_intents/\(intent)")
            #expect(untouched["amount"] == 500)
            let review = try #require(await world.reviews(by: chief).first)
            #expect(review["kind"]?.string == kind)
            #expect(review["payment_intent_id"]?.string == intent)
            #expect(try await world.count("order_history", where: "kind = 'review_raised'") == 1)
            try await world.work()
            #expect(try await world.statusAtStripe(intent) == "canceled")
            // No money came: it can be closed at once.
            #expect(await world.resolve(review, by: chief).status == 200)
            #expect(await world.status(order, by: buyer) == "canceled")
            #expect(await world.teaLeft() == 100)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `money that comes after its review was closed opens the review again (law 7)`(engine: TestEngine) async throws
    {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, intent) = try await opened(world)
            _ = try await world.atStripe(
                "POST", "/v1/payment_intents/\(intent)", "metadata[order_id]=019aa000-0000-7000-8000-000000000001")
            await expectReview(order, by: buyer, world)
            let review = try #require(await world.reviews(by: chief).first)
            #expect(await world.resolve(review, by: chief).status == 200)
            // Before the intent could be canceled.
            try await world.confirm(intent)
            await world.deliver()
            let again = try #require(await world.reviews(by: chief).first)
            #expect(again["id"] == review["id"])
            #expect(again["resolved_at"] == .null)
            #expect(await world.resolve(again, by: chief).code == "review_needs_refund")
            #expect(await world.refund(order, by: chief).status == 201)
            #expect(await world.resolve(again, by: chief).status == 200)
            #expect(await world.reviews(by: chief).isEmpty)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a wrong amount that was paid is recorded and flagged by the reading, and its event changes nothing`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, intent) = try await opened(world)
            _ = try await world.atStripe("POST", "/v1/payment_intents/\(intent)", "amount=500")
            try await world.confirm(intent)
            await expectReview(order, by: buyer, world)
            #expect(await world.reviews(by: chief).map { $0["kind"] } == ["amount_mismatch"])
            #expect(try await world.balance("unapplied_payments") == -500)
            #expect(try await world.balance("sales") == 0)
            await world.deliver()
            #expect(try await world.count("payments") == 1)
            #expect(try await world.count("shop_deliveries") == 0)
            #expect(await world.reviews(by: chief).count == 1)
            #expect(await world.refund(order, by: chief)["amount"]?["amount"] == 500)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a wrong amount that a bank is working on cannot be repaired: it is flagged, and its money later too`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, chief, order, intent) = try await opened(world)
            _ = try await world.atStripe("POST", "/v1/payment_intents/\(intent)", "amount=500")
            #expect(try await world.confirm(intent, card: "pm_sandbox_processing")["status"] == "processing")
            await expectReview(order, by: buyer, world)
            _ = try await world.atStripe(
                "POST", "/_sandbox/payment_intents/\(intent)/settle", json: ["outcome": "paid"])
            await world.deliver()
            #expect(await world.reviews(by: chief).map { $0["kind"] } == ["amount_mismatch"])
            #expect(try await world.balance("unapplied_payments") == -500)
            #expect(await world.status(order, by: buyer) == "needs_review")
            try await world.expectBooks()
        }
    }
}
