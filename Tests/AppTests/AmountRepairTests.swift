import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// S3-FLOW-09, laws 2 and 7: an intent's amount is the order's total whenever it is handed out.
@Suite struct AmountRepairTests {
    private func amount(of intent: String, _ world: World) async throws -> Int64? {
        try await world.atStripe("GET", "/v1/payment_intents/\(intent)")["amount"]?.int
    }

    private func change(_ intent: String, to amount: Int64, _ world: World) async throws {
        let changed = try await world.atStripe("POST", "/v1/payment_intents/\(intent)", "amount=\(amount)")
        try #require(changed["amount"]?.int == amount)
    }

    @Test(arguments: TestEngine.all)
    func `an amount that differs again and again is repaired every time, and the story tells each`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            for wrong in [500, 500, 1200] as [Int64] {
                try await change(intent, to: wrong, world)
                let again = try await world.openPayment(order, by: buyer)
                #expect(again == intent)
                let repaired = try await amount(of: intent, world)
                #expect(repaired == 980)
            }
            let story = await world.story(order, by: chief)
            let found = story.filter { $0["what"] == "intent_amount_differs" }
            #expect(found.map { $0["facts"]?["found"]?.string } == ["500", "500", "1200"])
            #expect(
                found.map { $0["facts"]?["idempotency_key"]?.string }
                    == (1...3).map { "\(order.id)-1-repair-\($0)" })
            let repaired = story.filter { $0["what"] == "intent_amount_repaired" }
            #expect(Set(repaired.map { $0["facts"]?["stripe_request"]?.string }).count == 3)
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, [StripeSandboxFault.Kind.dropAnswer, .dropBefore, .serverError])
    func `a repair whose answer is lost is not handed out, and the repeat brings it to an end`(
        engine: TestEngine, kind: StripeSandboxFault.Kind
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await change(intent, to: 60, world)
            _ = world.sandbox.add(StripeSandboxFault(kind, method: "POST", path: "/v1/payment_intents/\(intent)"))
            let lost = await world.intent(order, by: buyer)
            #expect(lost.status == 400)
            #expect(lost.code == "payment_intent_creation_failed")
            #expect(try await world.openPayment(order, by: buyer) == intent)
            #expect(try await amount(of: intent, world) == 980)
            let told = await world.story(order, by: chief).compactMap { $0["what"]?.string }
            #expect(told.contains("intent_amount_not_repaired"))
        }
    }
}
