import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Law 2 for payment pages: an order that is paid beside its page, on Stripe's dashboard say, has no page that could be
/// paid as well, in whatever state the money found it.
@Suite struct CheckoutBesideTests {
    private static let device = "device-0001"

    /// An operator takes the licence's price for the order by hand.
    private func payBeside(_ order: String, _ world: World) async throws {
        let beside = try await world.atStripe(
            "POST", "/v1/payment_intents", "amount=4800&currency=jpy&metadata[order_id]=\(order)")
        try await world.confirm(try #require(beside["id"]?.string))
        await world.deliver()
        #expect(try await world.count("orders", where: "status = 'paid'") == 1)
        #expect(await world.device(Self.device)["license_purchased"] == true)
    }

    /// The one order that was placed.
    private func placed(_ world: World) async throws -> String {
        let row = try await world.database.read { tx in try tx.row("SELECT id FROM orders") }
        return try #require(row).text("id")
    }

    /// Nothing is left that could be paid, and nothing waits.
    private func expectClosed(_ world: World) async throws {
        #expect(try await world.openPages() == [])
        let left = try await world.listAtStripe("/v1/payment_intents").compactMap { $0["status"]?.string }
        #expect(left.allSatisfy { $0 == "succeeded" || $0 == "canceled" })
        let waiting = try await world.count(
            "checkout_sessions", where: "state IN ('submitted', 'open', 'processing')")
        #expect(waiting == 0)
        #expect(try await world.count("payments") == 1)
        #expect(await world.reviews(by: try await world.operator()).isEmpty)
        try await world.expectBooks()
    }

    @Test(arguments: TestEngine.all)
    func `an open page is closed`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            try await payBeside(try await world.orderID(of: purchase), world)
            try await world.work()
            await world.deliver()
            try await expectClosed(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a voucher that could still be paid is withdrawn`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            try await world.payPage(purchase, ["method": "konbini"])
            await world.deliver()
            try await payBeside(try await world.orderID(of: purchase), world)
            try await world.work()
            await world.deliver()
            try await world.work()
            try await expectClosed(world)
        }
    }

    /// The answer of the call that makes the page is lost; then the money comes.
    @Test(arguments: TestEngine.all, [StripeSandboxFault.Kind.dropAnswer, .dropBefore])
    func `a page of which nobody knows yet whether it was made is found and closed`(
        engine: TestEngine, fault: StripeSandboxFault.Kind
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.sandbox.add(StripeSandboxFault(fault, method: "POST", path: "/v1/checkout/sessions", times: 9))
            _ = await world.checkout(Self.device, "license")
            #expect(try await world.count("checkout_sessions", where: "state = 'submitted'") == 1)
            let order = try await placed(world)
            try await payBeside(order, world)
            world.sandbox.clearFaults()
            for _ in 0..<3 {
                world.clock.advance(by: .seconds(600))
                try await world.work()
                await world.deliver()
            }
            try await expectClosed(world)
        }
    }

    /// A page that somebody makes by hand and that names our order is not taken for the order's own.
    /// Also after a day, when Stripe has forgotten the key and only looking finds ours.
    @Test(arguments: TestEngine.all, [600, 25 * 3600] as [Int64])
    func `a page made by hand that pays the order leaves no page of ours behind`(
        engine: TestEngine, seconds: Int64
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.sandbox.add(
                StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/checkout/sessions", times: 9))
            _ = await world.checkout(Self.device, "license")
            world.sandbox.clearFaults()
            let order = try await placed(world)
            let line = "line_items[0]"
            let made = try await world.atStripe(
                "POST", "/v1/checkout/sessions",
                [
                    "mode=payment", "client_reference_id=\(order)", "success_url=https://kessai.test/",
                    "metadata[order_id]=\(order)", "payment_intent_data[metadata][order_id]=\(order)",
                    "\(line)[quantity]=1", "\(line)[price_data][currency]=jpy", "\(line)[price_data][unit_amount]=4800",
                    "\(line)[price_data][product_data][name]=by+hand",
                ].joined(separator: "&"))
            let page = try #require(made["id"]?.string)
            _ = try await world.atStripe(
                "POST", "/_sandbox/checkout/sessions/\(page)/pay", json: ["card": "4242424242424242"])
            await world.deliver()
            #expect(try await world.count("orders", where: "status = 'paid'") == 1)
            let left = try await world.count("checkout_sessions", where: "state = 'submitted'")
            #expect(left == 1)
            for _ in 0..<3 {
                world.clock.advance(by: .seconds(seconds))
                try await world.work()
                await world.deliver()
            }
            try await expectClosed(world)
            let taken = try await world.database.read { tx in
                try tx.row("SELECT 1 AS one FROM checkout_sessions WHERE stripe_checkout_session_id = \(page)")
            }
            #expect(taken == nil)
        }
    }

    /// After a day Stripe has forgotten the key: a page that is not there is not made any more.
    @Test(arguments: TestEngine.all)
    func `a page that was never made is given up, and the order stays paid`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.sandbox.add(
                StripeSandboxFault(.dropBefore, method: "POST", path: "/v1/checkout/sessions", times: 9))
            _ = await world.checkout(Self.device, "license")
            try await payBeside(try await placed(world), world)
            world.sandbox.clearFaults()
            world.clock.advance(by: .seconds(25 * 3600))
            for _ in 0..<3 {
                try await world.work()
                world.clock.advance(by: .seconds(1200))
            }
            #expect(try await world.count("checkout_sessions", where: "state = 'refused'") == 1)
            #expect(try await world.count("orders", where: "status = 'paid'") == 1)
            try await expectClosed(world)
        }
    }
}
