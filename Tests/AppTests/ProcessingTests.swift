import AppTesting
import DatabaseTesting
import JSON
import KernelTesting
import StripeSandbox
import Testing

/// Payments that a bank is still working on when their order's time is over.
@Suite struct ProcessingTests {
    @Test(arguments: TestEngine.all)
    func `Stripe is asked once an hour about an expired order that is being paid`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            let answer = try await world.confirm(intent, card: "pm_card_sandboxProcessing")
            #expect(answer["status"] == "processing")
            await world.deliver()
            world.clock.advance(by: .seconds(25 * 3600))
            try await world.work()
            let requests = try await world.atStripe("GET", "/_sandbox/requests")["data"]?.array ?? []
            let cancels = requests.filter { $0["path"]?.string == "/v1/payment_intents/\(intent)/cancel" }
            #expect(cancels.count == 1)
            _ = try await world.atStripe(
                "POST", "/_sandbox/payment_intents/\(intent)/settle", json: ["outcome": "paid"])
            await world.deliver()
            let status = await world.status(order, by: try await world.again("buyer@example.com"))
            #expect(status == "paid")
            try await world.expectBooks()
        }
    }
}
