import AppTesting
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Law 6 for payment pages: their events come in any order, and twice, and nothing is undone or done again.
@Suite struct CheckoutEventOrderTests {
    private static let device = "device-0001"

    /// What must be so, whatever came in which order.
    private func expectUnlockedOnce(_ world: World) async throws {
        let device = await world.device(Self.device)
        #expect(device["unlocked"] == true)
        #expect(device["unlock_count"] == 1)
        #expect(device["pending_purchases"] == [])
        let payments = try await world.count("payments")
        #expect(payments == 1)
        let entries = try await world.count("journal_entries")
        #expect(entries == 1)
        let reviews = try await world.count("order_history", where: "kind = 'review_raised'")
        #expect(reviews == 0)
        let paid = try await world.count("checkout_sessions", where: "state = 'paid'")
        #expect(paid == 1)
        try await world.expectBooks()
    }

    /// An event that was sent as it is now at Stripe, with another id if it is wanted again.
    private func told(_ type: String, _ world: World, again: Bool = false) async throws -> Reply {
        let event = try #require(try await world.event(type))
        let id = try #require(event["id"]?.string)
        return await world.receive(again ? event.changing("id", to: .string(id + "_again")) : event)
    }

    /// S4-HOOK-01.
    @Test(
        arguments: TestEngine.all,
        [
            ["checkout.session.completed", "payment_intent.succeeded"],
            ["payment_intent.succeeded", "checkout.session.completed"],
            ["payment_intent.succeeded", "payment_intent.succeeded", "checkout.session.completed"],
            ["checkout.session.completed", "checkout.session.completed", "payment_intent.succeeded"],
        ])
    func `the intent's event and the page's, in any order and twice`(engine: TestEngine, types: [String]) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            try await world.payPage(purchase)
            for (index, type) in types.enumerated() {
                let reply = try await told(type, world, again: types.prefix(index).contains(type))
                #expect(reply.status == 200)
                #expect(await world.device(Self.device)["unlocked"] == true)
            }
            await world.deliver()
            try await world.work()
            try await expectUnlockedOnce(world)
        }
    }

    @Test(arguments: TestEngine.all, ["unpaid", "expired"])
    func `an older state of a page that comes after it was paid changes nothing`(
        engine: TestEngine, late: String
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            try await world.payPage(purchase)
            await world.deliver()
            let page = try await world.page(purchase).changing("payment_status", to: "unpaid")
            let reply = await world.receive(
                late == "unpaid"
                    ? World.event("checkout.session.completed", object: page)
                    : World.event("checkout.session.expired", object: page.changing("status", to: "expired")))
            #expect(reply.status == 200)
            try await world.work()
            try await expectUnlockedOnce(world)
            let orders = try await world.count("orders", where: "status = 'paid'")
            #expect(orders == 1)
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `money that came later is told twice, before and after the buyer had finished (S4-CONF-10)`(
        engine: TestEngine, inOrder: Bool
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let purchase = try await world.begin(Self.device, "daypass")
            try await world.payPage(purchase, ["method": "konbini"])
            let finished = try #require(try await world.event("checkout.session.completed"))
            if inOrder {
                _ = await world.receive(finished)
                #expect(await world.device(Self.device)["pending_purchases"]?[0]?["state"] == "processing")
            }
            try await world.settle(purchase, "paid")
            for again in [false, true] {
                let reply = try await told("checkout.session.async_payment_succeeded", world, again: again)
                #expect(reply.status == 200)
            }
            if !inOrder { _ = await world.receive(finished) }
            try await expectUnlockedOnce(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `money for a canceled order is a person's to decide, and delivers nothing (law 7)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            let token = try await world.token(of: purchase)
            let open = try await world.page(purchase)
            _ = await world.receive(
                World.event("checkout.session.expired", object: open.changing("status", to: "expired")))
            let canceled = try await world.count("orders", where: "status = 'canceled'")
            #expect(canceled == 1)
            try await world.payPage(purchase)
            let reply = try await told("checkout.session.completed", world)
            #expect(reply.status == 200)
            await world.deliver()
            try await world.work()
            let chief = try await world.operator()
            #expect(await world.reviews(by: chief).map { $0["kind"] } == ["paid_after_cancel"])
            #expect(await world.device(Self.device)["unlock_count"] == 0)
            let confirmed = await world.confirm(token, device: Self.device, "daypass")
            #expect(confirmed.status == 409)
            #expect(confirmed.code == "purchase_needs_review")
            let delivered = try await world.count("pass_purchases", where: "state = 'delivered'")
            #expect(delivered == 0)
            let still = try await world.count("orders", where: "status = 'canceled'")
            #expect(still == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, ["currency_mismatch", "order_mismatch"])
    func `an event whose page collects for another order or in another currency unlocks nothing (law 7)`(
        engine: TestEngine, kind: String
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let other = try await world.orderID(of: try await world.begin("device-0002", "daypass"))
            let purchase = try await world.begin(Self.device, "daypass")
            try await world.payPage(purchase)
            let page = try await world.page(purchase)
            let reply = await world.receive(
                World.event(
                    "checkout.session.completed",
                    object: kind == "currency_mismatch"
                        ? page.changing("currency", to: "usd")
                        : page.changing("client_reference_id", to: .string(other))))
            #expect(reply.status == 200)
            let chief = try await world.operator()
            #expect(await world.reviews(by: chief).map { $0["kind"]?.string } == [kind])
            let waiting = try await world.count("orders", where: "status = 'needs_review'")
            #expect(waiting == 1)
            let confirmed = try await world.confirm(purchase)
            #expect(confirmed.code == "purchase_needs_review")
            for device in [Self.device, "device-0002"] {
                #expect(await world.device(device)["unlock_count"] == 0)
            }
        }
    }

    /// Law 2.
    @Test(arguments: TestEngine.all)
    func `what is left of a voucher that was not paid is canceled, though its order was paid otherwise`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            try await world.payPage(purchase, ["method": "konbini"])
            await world.deliver()
            let order = try await world.orderID(of: purchase)
            let beside = try await world.atStripe(
                "POST", "/v1/payment_intents", "amount=4800&currency=jpy&metadata[order_id]=\(order)")
            try await world.confirm(beside["id"]?.string ?? "")
            await world.deliver()
            let paid = try await world.count("orders", where: "status = 'paid'")
            #expect(paid == 1)
            try await world.settle(purchase, "failed")
            await world.deliver()
            try await world.work()
            let intent = try #require(try await world.page(purchase)["payment_intent"]?.string)
            let left = try await world.atStripe("GET", "/v1/payment_intents/\(intent)")
            #expect(left["status"] == "canceled")
            await world.deliver()
            try await world.expectBooks()
        }
    }

    /// CloseCheckout.
    @Test(arguments: TestEngine.all)
    func `the open page of an order that waits for a person is closed at Stripe by its job (law 7)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            let order = try await world.orderID(of: purchase)
            // Money of another amount comes for the order, beside its page.
            let intent = try await world.atStripe(
                "POST", "/v1/payment_intents", "amount=4900&currency=jpy&metadata[order_id]=\(order)")
            _ = try await world.atStripe(
                "POST", "/v1/payment_intents/\(intent["id"]?.string ?? "")/confirm",
                "payment_method=pm_card_visa&return_url=https://kessai.test/back")
            await world.deliver()
            let waiting = try await world.count("orders", where: "status = 'needs_review'")
            #expect(waiting == 1)
            let before = try await world.openPages()
            #expect(before == [purchase.session])
            try await world.work()
            let after = try await world.openPages()
            #expect(after == [])
            let closed = try await world.count("checkout_sessions", where: "state = 'expired'")
            #expect(closed == 1)
            await world.deliver()
            #expect(await world.device(Self.device)["license_purchased"] == false)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an answer that is lost while a page is closed keeps its job until it is closed`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            let order = try await world.orderID(of: purchase)
            let intent = try await world.atStripe(
                "POST", "/v1/payment_intents", "amount=4900&currency=jpy&metadata[order_id]=\(order)")
            _ = try await world.atStripe(
                "POST", "/v1/payment_intents/\(intent["id"]?.string ?? "")/confirm",
                "payment_method=pm_card_visa&return_url=https://kessai.test/back")
            await world.deliver()
            world.sandbox.add(
                StripeSandboxFault(.dropBefore, method: "POST", path: "/v1/checkout/sessions/{session}/expire"))
            try await world.work()
            let before = try await world.openPages()
            #expect(before == [purchase.session])
            world.clock.advance(by: .seconds(600))
            try await world.work()
            let after = try await world.openPages()
            #expect(after == [])
        }
    }
}
