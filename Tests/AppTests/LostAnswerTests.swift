import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Laws 2 and 3, GEN-15: whatever is lost between us and Stripe, an order is charged at most once.
@Suite struct LostAnswerTests {
    private func intents(_ world: World) async throws -> [JSONValue] {
        try await world.atStripe("GET", "/v1/payment_intents?limit=100")["data"]?.array ?? []
    }

    @Test(arguments: TestEngine.all, [StripeSandboxFault.Kind.dropAnswer, .serverError, .dropBefore])
    func `a lost answer to the opening leaves one intent, found by the same key`(
        engine: TestEngine, kind: StripeSandboxFault.Kind
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            _ = world.sandbox.add(StripeSandboxFault(kind, method: "POST", path: "/v1/payment_intents"))
            let first = await world.intent(order, by: buyer)
            #expect(first.status == 400)
            #expect(first.code == "payment_intent_creation_failed")
            #expect(await world.status(order, by: buyer) == "pending")
            let intent = try await world.openPayment(order, by: buyer)
            #expect(try await intents(world).map { $0["id"]?.string } == [intent])
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a 500 that Stripe replays is resolved by reading what it made`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            var fault = StripeSandboxFault(.serverError, method: "POST", path: "/v1/payment_intents")
            fault.hasEffect = true
            fault.isKept = true
            _ = world.sandbox.add(fault)
            #expect(await world.intent(order, by: buyer).status == 400)
            let intent = try await world.openPayment(order, by: buyer)
            #expect(try await intents(world).map { $0["id"]?.string } == [intent])
        }
    }

    @Test(arguments: TestEngine.all)
    func `a crash between the call and the commit leaves one intent`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            _ = try await node.buy(by: buyer)
            let order = try await node.order(by: buyer)
            // The attempt is written; the outcome is not.
            faulty.goAway(afterWrites: 1)
            #expect(await node.intent(order, by: buyer).status == 503)
            faulty.comeBack()
            #expect(try await intents(node).count == 2)
            let fresh = try await World.make(
                database: world.database, clock: world.clock, sandbox: world.sandbox, seed: 7)
            let intent = try await fresh.openPayment(order, by: buyer)
            #expect(try await intents(fresh).count == 2)
            try await fresh.confirm(intent)
            await fresh.deliver()
            #expect(await fresh.status(order, by: buyer) == "paid")
            try await fresh.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `the event is faster than our own record of the intent (S3-HOOK-01, law 3)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            _ = world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/payment_intents"))
            #expect(await world.intent(order, by: buyer).status == 400)
            let intent = try #require(try await intents(world).first?["id"]?.string)
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(await world.intent(order, by: buyer).code == "payment_already_processed")
            #expect(try await intents(world).count == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `after 25 hours an unknown outcome is read before anything is sent (law 3)`(engine: TestEngine, made: Bool)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            try await world.alter("UPDATE orders SET expires_at_ms = 99999999999999 WHERE id = \(order.id)")
            let kind: StripeSandboxFault.Kind = made ? .dropAnswer : .dropBefore
            _ = world.sandbox.add(StripeSandboxFault(kind, method: "POST", path: "/v1/payment_intents"))
            #expect(await world.intent(order, by: buyer).status == 400)
            let before = try await intents(world).map { $0["id"]?.string }
            #expect(before.count == (made ? 1 : 0))
            world.clock.advance(by: .seconds(25 * 3600))
            let later = try await world.again("buyer@example.com")
            // A reading that fails decides nothing.
            _ = world.sandbox.add(StripeSandboxFault(.serverError, method: "GET", path: "/v1/payment_intents"))
            #expect(await world.intent(order, by: later).status == 400)
            #expect(try await intents(world).map { $0["id"]?.string } == before)
            let intent = try await world.openPayment(order, by: later)
            #expect(try await intents(world).map { $0["id"]?.string } == [intent])
            #expect(try await world.count("payment_attempts") == 1)
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: later) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `the sweep resolves an unknown outcome without the buyer`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            _ = world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/payment_intents"))
            #expect(await world.intent(order, by: buyer).status == 400)
            world.clock.advance(by: .seconds(200))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            #expect(try await intents(world).count == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a rate limit after a lost answer does not begin a second attempt`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            for kind in [StripeSandboxFault.Kind.dropAnswer, .rateLimit] {
                _ = world.sandbox.add(StripeSandboxFault(kind, method: "POST", path: "/v1/payment_intents"))
                #expect(await world.intent(order, by: buyer).status == 400)
            }
            _ = try await world.openPayment(order, by: buyer)
            #expect(try await intents(world).count == 1)
            #expect(try await world.count("payment_attempts") == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an intent that was canceled at Stripe makes room for one new attempt (law 2)`(engine: TestEngine) async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let first = try await world.openPayment(order, by: buyer)
            _ = try await world.atStripe("POST", "/v1/payment_intents/\(first)/cancel")
            let second = try await world.openPayment(order, by: buyer)
            #expect(first != second)
            await world.deliver()
            try await world.confirm(second)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a customer that was deleted at Stripe is made anew`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            _ = try await world.buy(by: buyer)
            let customer = try await world.atStripe("GET", "/v1/customers")["data"]?[0]?["id"]?.string
            _ = try await world.atStripe("DELETE", "/v1/customers/\(customer ?? "")")
            let (order, _) = try await world.buy(by: buyer)
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `while Stripe is out the order stays payable, and nothing is lost (S3-FLOW-07)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            _ = world.sandbox.add(StripeSandboxFault(.outage))
            let refused = await world.intent(order, by: buyer)
            #expect(refused.status == 400)
            #expect(refused.code == "payment_intent_creation_failed")
            world.sandbox.clearFaults()
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
        }
    }
}
