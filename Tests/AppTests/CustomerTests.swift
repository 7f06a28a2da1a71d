import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// S3-NEXT-01: one customer at Stripe for each user, at registration or at the first payment, whatever races.
@Suite struct CustomerTests {
    private static let early: World.Options = {
        var options = World.Options()
        options.environment["STRIPE_CUSTOMER_CREATION"] = "registration"
        return options
    }()

    @Test(arguments: TestEngine.all)
    func `registration makes the customer by a job, when so configured (S3-NEXT-01)`(engine: TestEngine) async throws {
        try await World.run(on: engine, Self.early) { world in
            let buyer = try await world.buyer()
            #expect(try await world.listAtStripe("/v1/customers").isEmpty)
            try await world.work()
            let customer = try #require(try await world.listAtStripe("/v1/customers").first)
            #expect(customer["email"] == "buyer@example.com")
            #expect(customer["metadata"]?["kessai_user_id"]?.string == buyer.id)
            try await world.stockShop()
            let (order, intent) = try await world.buy(by: buyer)
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(try await world.customer(ofIntent: intent) == customer["id"]?.string)
            #expect(try await world.listAtStripe("/v1/customers").count == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `otherwise the first payment makes it, and the second one uses it`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let buyer = try await world.buyer()
            try await world.work()
            #expect(try await world.listAtStripe("/v1/customers").isEmpty)
            try await world.stockShop()
            let first = try await world.buy(by: buyer)
            let second = try await world.buy(by: buyer)
            #expect(
                try await world.customer(ofIntent: first.intent) == world.customer(ofIntent: second.intent))
            #expect(try await world.listAtStripe("/v1/customers").count == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `payments of two orders and the job at once make one customer`(engine: TestEngine) async throws {
        try await World.run(on: engine, Self.early) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let orders = [try await world.order(by: buyer), try await world.order(by: buyer)]
            let second = try await world.anotherNode()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await world.work() }
                for (index, order) in (orders + orders).enumerated() {
                    let node = index.isMultiple(of: 2) ? world : second
                    group.addTask { #expect(await node.intent(order, by: buyer).status == 200) }
                }
                try await group.waitForAll()
            }
            #expect(try await world.listAtStripe("/v1/customers").count == 1)
            let customers = try await world.listAtStripe("/v1/payment_intents").map { $0["customer"] }
            #expect(customers.count == 2)
            #expect(Set(customers).count == 1)
        }
    }

    @Test(arguments: TestEngine.all, [StripeSandboxFault.Kind.dropAnswer, .dropBefore, .serverError, .rateLimit])
    func `a lost answer is repeated by the same key, by the job and by the payment (law 2)`(
        engine: TestEngine, kind: StripeSandboxFault.Kind
    ) async throws {
        try await World.run(on: engine, Self.early) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            world.sandbox.add(StripeSandboxFault(kind, method: "POST", path: "/v1/customers", times: 2))
            try await world.work()
            let order = try await world.order(by: buyer)
            let refused = await world.intent(order, by: buyer)
            #expect(refused.status == 400)
            #expect(refused.code == "payment_intent_creation_failed")
            _ = try await world.openPayment(order, by: buyer)
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            #expect(try await world.listAtStripe("/v1/customers").count == 1)
            #expect(try await world.count("jobs", where: "kind = 'payments.create_customer' AND state = 'done'") == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `after 25 hours a customer whose making is unknown is read first (law 3)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/customers"))
            #expect(await world.intent(order, by: buyer).status == 400)
            world.clock.advance(by: .seconds(25 * 3600))
            let later = try await world.again("buyer@example.com")
            let fresh = try await world.order(by: later)
            _ = try await world.openPayment(fresh, by: later)
            #expect(try await world.listAtStripe("/v1/customers").count == 1)
        }
    }
}
