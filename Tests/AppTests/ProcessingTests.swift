import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Payments
import StripeSandbox
import Testing

/// While a bank works on a payment nobody can cancel its order: the outcome decides (law 3).
@Suite struct ProcessingTests {
    /// An order whose payment a bank is working on.
    private func processing(
        _ world: World
    ) async throws -> (buyer: Person, order: PlacedOrder, intent: String) {
        try await world.stockShop()
        let buyer = try await world.buyer()
        let order = try await world.order(by: buyer)
        let intent = try await world.openPayment(order, by: buyer)
        try #require(try await world.confirm(intent, card: "pm_sandbox_processing")["status"] == "processing")
        await world.deliver()
        return (buyer, order, intent)
    }

    private func settle(_ intent: String, _ outcome: JSONValue, _ world: World) async throws {
        _ = try await world.atStripe(
            "POST", "/_sandbox/payment_intents/\(intent)/settle", json: ["outcome": outcome])
        await world.deliver()
    }

    @Test(arguments: TestEngine.all, ["paid", "failed"])
    func `a buyer who cancels meanwhile is told to wait, and may cancel when the bank refused`(
        engine: TestEngine, outcome: String
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, intent) = try await processing(world)
            let reply = await world.cancel(order, by: buyer)
            #expect(reply.status == 409)
            #expect(reply.code == "payment_in_progress")
            #expect(reply.headers["Retry-After"] == "10")
            let read = await world.read(order, by: buyer)
            #expect(read["status"] == "awaiting_payment")
            #expect(read["cancel_requested_at"] == .null)
            try await settle(intent, .string(outcome), world)
            world.clock.advance(by: .seconds(10))
            #expect(await world.cancel(order, by: buyer).status == (outcome == "paid" ? 409 : 200))
            #expect(await world.status(order, by: buyer) == (outcome == "paid" ? "paid" : "canceled"))
            #expect(await world.teaLeft() == (outcome == "paid" ? 99 : 100))
            try await world.expectBooks()
        }
    }

    /// Law 2: while a bank decides Stripe refuses to cancel, and afterwards the intent could be tried again.
    @Test(arguments: TestEngine.all, [true, false])
    func `what a bank refused late is canceled when its order was paid beside it, or waits for a person`(
        engine: TestEngine, isPaid: Bool
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, intent) = try await processing(world)
            let customer = try await world.customer(ofIntent: intent)
            _ = try await world.payDirectly(order, amount: isPaid ? nil : 100, customer: customer)
            await world.deliver()
            try await world.work()
            #expect(await world.status(order, by: buyer) == (isPaid ? "paid" : "needs_review"))
            try await settle(intent, "failed", world)
            try await world.work()
            let left = try await world.atStripe("GET", "/v1/payment_intents/\(intent)")
            #expect(left["status"] == "canceled")
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `what a bank refused late without an event is canceled by reconciliation (law 8)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (_, order, intent) = try await processing(world)
            let customer = try await world.customer(ofIntent: intent)
            _ = try await world.payDirectly(order, customer: customer)
            await world.deliver()
            try await world.work()
            try await world.forgetEvents()
            world.loseEvents()
            _ = try await world.atStripe(
                "POST", "/_sandbox/payment_intents/\(intent)/settle", json: ["outcome": "failed"])
            try await world.forgetEvents()
            #expect(try await world.reconcile().actions[.intentsCanceled] == 1)
            try await world.work()
            let left = try await world.atStripe("GET", "/v1/payment_intents/\(intent)")
            #expect(left["status"] == "canceled")
        }
    }

    @Test(arguments: TestEngine.all)
    func `a card that is refused leaves the intent of an order that waits for its payment as it is (S3-HOOK-02)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, intent) = try await processing(world)
            try await settle(intent, "failed", world)
            try await world.work()
            #expect(try await world.count("jobs", where: "kind = 'payments.cancel_intent'") == 0)
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, ["paid", "failed"])
    func `the sweep asks less and less often, tells it once, and follows the bank's word`(
        engine: TestEngine, outcome: String
    ) async throws {
        try await World.run(on: engine) { world in
            let (_, order, intent) = try await processing(world)
            world.clock.advance(by: .seconds(25 * 3600))
            for _ in 0..<30 {
                try await world.work()
                world.clock.advance(by: .seconds(60))
            }
            // After 1, 3, 7 and 15 minutes, then every 15.
            #expect(try await world.count("sweep_tries", where: "kind = 'cancellation' AND tries = 5") == 1)
            #expect(world.logs.lines(of: "sweep_step_unfinished").isEmpty)
            let buyer = try await world.again("buyer@example.com")
            let chief = try await world.operator()
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            let told = await world.story(order, by: chief).compactMap { $0["what"]?.string }
            #expect(told.filter { $0.hasPrefix("cancel_") } == ["cancel_requested", "cancel_withdrawn"])
            try await settle(intent, .string(outcome), world)
            world.clock.advance(by: .seconds(900))
            try await world.work()
            #expect(await world.status(order, by: buyer) == (outcome == "paid" ? "paid" : "canceled"))
            #expect(await world.teaLeft() == (outcome == "paid" ? 99 : 100))
            let end = await world.story(order, by: chief).filter { $0["source"] == "history" }.last
            #expect(end?["what"] == (outcome == "paid" ? "order_fulfilled" : "order_canceled"))
            try await world.expectBooks()
        }
    }
}
