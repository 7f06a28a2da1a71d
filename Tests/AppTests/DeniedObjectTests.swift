import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Laws 3 and 7: Stripe says 404 of what it has, to the keys of another account say. What it denies once is looked for again
/// before it is taken for gone, as it could still be paid.
@Suite struct DeniedObjectTests {
    private static let cancel = "/v1/payment_intents/{intent}/cancel"

    @Test(arguments: TestEngine.all)
    func `an order whose intent is denied and there is not canceled before the intent is`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            world.sandbox.add(StripeSandboxFault(.notFound, method: "POST", path: Self.cancel))
            let reply = await world.cancel(order, by: buyer)
            #expect(reply.status == 202)
            #expect(reply["status"] == "awaiting_payment")
            // Stripe keeps its answer under the key, which is of the hour.
            for _ in 0..<2 {
                world.clock.advance(by: .seconds(3_700))
                try await world.work()
            }
            #expect(try await world.count("orders", where: "status = 'canceled'") == 1)
            #expect(try await world.statusAtStripe(intent) == "canceled")
            #expect(await world.teaLeft() == 100)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an order whose intent is denied to every question is canceled`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            _ = try await world.openPayment(order, by: buyer)
            for path in [Self.cancel, "/v1/payment_intents/{intent}"] {
                world.sandbox.add(StripeSandboxFault(.notFound, path: path, times: nil))
            }
            #expect(await world.cancel(order, by: buyer)["status"] == "canceled")
            #expect(await world.teaLeft() == 100)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a superfluous intent that is denied and there is asked for again`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let open = try await world.openPayment(order, by: buyer)
            _ = try await world.payDirectly(order, customer: try await world.customer(ofIntent: open))
            await world.deliver()
            world.sandbox.add(StripeSandboxFault(.notFound, method: "POST", path: Self.cancel))
            try await world.work()
            #expect(try await world.statusAtStripe(open) == "requires_payment_method")
            world.clock.advance(by: .seconds(600))
            try await world.work()
            #expect(try await world.statusAtStripe(open) == "canceled")
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a superfluous intent that is denied to every question is let be, and told`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let open = try await world.openPayment(order, by: buyer)
            _ = try await world.payDirectly(order, customer: try await world.customer(ofIntent: open))
            await world.deliver()
            for path in [Self.cancel, "/v1/payment_intents/{intent}"] {
                world.sandbox.add(StripeSandboxFault(.notFound, path: path, times: nil))
            }
            try await world.work()
            let line = await world.story(order, by: chief).first { $0["what"] == "superfluous_intent_not_cancelable" }
            #expect(line?["facts"]?["payment_intent"]?.string == open)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a page that is denied and there is closed before its order is given up`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin("device-0001", "license")
            let order = try await world.orderID(of: purchase)
            let beside = try await world.atStripe(
                "POST", "/v1/payment_intents", "amount=4800&currency=jpy&metadata[order_id]=\(order)")
            try await world.confirm(try #require(beside["id"]?.string))
            await world.deliver()
            world.sandbox.add(
                StripeSandboxFault(.notFound, method: "POST", path: "/v1/checkout/sessions/{session}/expire"))
            try await world.work()
            #expect(try await world.openPages() == [purchase.session])
            for _ in 0..<2 {
                world.clock.advance(by: .seconds(3_700))
                try await world.work()
            }
            #expect(try await world.openPages() == [])
            await world.deliver()
            try await world.expectBooks()
        }
    }
}
