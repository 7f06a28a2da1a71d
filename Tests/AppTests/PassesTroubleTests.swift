import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// What goes wrong between a device and its purchase, and how it ends (S4-CONF-07 to S4-CONF-10, S4-ERR-01).
@Suite struct PassesTroubleTests {
    private static let device = "device-0001"

    @Test(arguments: TestEngine.all)
    func `money that comes later is pending until it is there (S4-CONF-10)`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            let token = try World.token(in: try await world.payPage(purchase, ["method": "konbini"]))
            let pending = await world.confirm(token, device: Self.device, "daypass")
            #expect(pending.status == 202)
            #expect(pending.headers["Retry-After"] == "60")
            #expect(pending["status"] == "pending")
            #expect(pending["purchase"]?["state"] == "processing")
            await world.deliver()
            let again = await world.checkout(Self.device, "daypass")
            #expect(again.status == 409)
            #expect(again.code == "purchase_in_progress")
            // Longer than the order's own time: it waits for the money all the same.
            world.clock.advance(by: .seconds(30 * 3600))
            try await world.work()
            #expect(await world.device(Self.device)["pending_purchases"]?[0]?["state"] == "processing")
            try await world.settle(purchase, "paid")
            await world.deliver()
            #expect(await world.device(Self.device)["unlocked"] == true)
            let confirmed = await world.confirm(token, device: Self.device, "daypass")
            #expect(confirmed.status == 200)
            // The day is the one on which it could be used.
            #expect(confirmed["last_unlock_date"] == "2026-11-22")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `money that does not come closes the purchase, told by the event or by asking`(
        engine: TestEngine, isTold: Bool
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            try await world.payPage(purchase, ["method": "konbini"])
            await world.deliver()
            try await world.settle(purchase, "failed")
            if isTold { await world.deliver() }
            let closed = try await world.confirm(purchase)
            #expect(closed.status == 410)
            #expect(closed.code == "purchase_closed")
            let device = await world.device(Self.device)
            #expect(device["license_purchased"] == false)
            #expect(device["pending_purchases"] == [])
            try await world.work()
            let next = try await world.begin(Self.device, "license")
            try await world.payPage(next)
            let nextStatus = try await world.confirm(next).status
            #expect(nextStatus == 200)
            await world.deliver()
            try await world.expectBooks()
        }
    }

    /// S4-CONF-08 and S4-CONF-09: the compensation of P06.
    @Test(arguments: TestEngine.all)
    func `a delivery that fails is remembered, told with a number, and tried again`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            // No event comes, so that none can deliver: only the job is left.
            world.loseEvents()
            let purchase = try await world.begin(Self.device, "daypass")
            let token = try World.token(in: try await world.payPage(purchase))
            // The device's row refuses every change.
            try await world.breakDevices()
            let failed = await world.confirm(token, device: Self.device, "daypass")
            #expect(failed.status == 503)
            #expect(failed.code == "delivery_pending")
            #expect(failed.headers["Retry-After"] == "30")
            #expect(failed["detail"]?.string?.contains("受付番号 \(purchase.reference)") == true)
            let pending = await world.device(Self.device)["pending_purchases"]?[0]
            #expect(pending?["state"] == "delivery_pending")
            #expect(pending?["reference"] == .int(purchase.reference))
            #expect(pending?["guidance"]?.string?.contains("\(purchase.reference)") == true)
            #expect(world.logs.lines(of: "delivery_failed").first?.level == .error)
            await world.deliver()
            let pendingOrders = try await world.count("orders", where: "status = 'pending'")
            #expect(pendingOrders == 1)
            // Mended: the job that was put by delivers, without anybody asking.
            try await world.mendDevices()
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            let device = await world.device(Self.device)
            #expect(device["unlocked"] == true)
            #expect(device["pending_purchases"] == [])
            let events = try await world.count("webhook_events")
            #expect(events == 0)
            let byTheJob = try await world.count(
                "order_history",
                where: """
                    kind = 'order_paid' AND cause_kind = 'job'
                    AND cause_id IN (SELECT id FROM jobs WHERE kind = 'payments.verify_checkout')
                    """)
            #expect(byTheJob == 1)
            #expect(await world.confirm(token, device: Self.device, "daypass").status == 200)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a lost answer makes no second page: the same request finds the first`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/checkout/sessions"))
            let lost = await world.checkout(Self.device, "daypass")
            #expect(lost.status == 503)
            #expect(lost.code == "payment_page_unavailable")
            let purchase = try await world.begin(Self.device, "daypass")
            let sessions = try await world.listAtStripe("/v1/checkout/sessions")
            #expect(sessions.count == 1)
            #expect(sessions.first?["id"]?.string == purchase.session)
        }
    }

    @Test(arguments: TestEngine.all)
    func `nobody comes back for a page whose answer was lost: the sweep knows it, and it expires`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/checkout/sessions"))
            #expect(await world.checkout(Self.device, "daypass").status == 503)
            world.clock.advance(by: .seconds(120))
            try await world.work()
            let openPages = try await world.count("checkout_sessions", where: "state = 'open'")
            #expect(openPages == 1)
            world.clock.advance(by: .seconds(5 * 3600))
            try await world.work()
            let expiredPages = try await world.count("checkout_sessions", where: "state = 'expired'")
            #expect(expiredPages == 1)
            let canceledOrders = try await world.count("orders", where: "status = 'canceled'")
            #expect(canceledOrders == 1)
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `after 25 hours without an answer only reading decides`(engine: TestEngine, wasMade: Bool) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.sandbox.add(
                StripeSandboxFault(
                    wasMade ? .dropAnswer : .dropBefore, method: "POST", path: "/v1/checkout/sessions", times: 1))
            #expect(await world.checkout(Self.device, "daypass").status == 503)
            world.clock.advance(by: .seconds(25 * 3600))
            try await world.work()
            try await world.work()
            let canceledOrders = try await world.count("orders", where: "status = 'canceled'")
            #expect(canceledOrders == 1)
            let pagesAtStripe = try await world.listAtStripe("/v1/checkout/sessions").count
            #expect(pagesAtStripe == (wasMade ? 1 : 0))
            _ = try await world.begin(Self.device, "daypass")
        }
    }

    @Test(arguments: TestEngine.all)
    func `a refused page ends its order, and the next request begins anew`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes(["PASSES_PAYMENT_METHODS": "paypay"])) { world in
            let refused = await world.checkout(Self.device, "daypass")
            #expect(refused.status == 502)
            #expect(refused.code == "payment_page_refused")
            let canceledOrders = try await world.count("orders", where: "status = 'canceled'")
            #expect(canceledOrders == 1)
            #expect(await world.device(Self.device)["pending_purchases"] == [])
            #expect(await world.checkout(Self.device, "daypass").status == 502)
            let orders = try await world.count("orders")
            #expect(orders == 2)
        }
    }

    @Test(arguments: TestEngine.all)
    func `who has paid and asks again is told so, and is not sent to pay again`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let purchase = try await world.begin(Self.device, "daypass")
            try await world.payPage(purchase)
            let again = await world.checkout(Self.device, "daypass")
            #expect(again.status == 409)
            #expect(again.code == "already_unlocked")
            #expect(await world.device(Self.device)["unlocked"] == true)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `Stripe that is away is told as such, and nothing is lost (S4-CONF-07)`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            let token = try World.token(in: try await world.payPage(purchase))
            world.sandbox.add(StripeSandboxFault(.outage, times: 1))
            let away = await world.confirm(token, device: Self.device, "daypass")
            #expect(away.status == 503)
            #expect(away.code == "payment_page_unavailable")
            #expect(away.headers["Retry-After"] == "5")
            #expect(await world.device(Self.device)["unlocked"] == false)
            #expect(await world.confirm(token, device: Self.device, "daypass").status == 200)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a page that collects another amount is a person's to decide, and unlocks nothing (law 7)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            try await world.alter("UPDATE orders SET total_minor = 4900")
            try await world.payPage(purchase)
            let reply = try await world.confirm(purchase)
            #expect(reply.status == 409)
            #expect(reply.code == "purchase_needs_review")
            let waiting = await world.device(Self.device)["pending_purchases"]?[0]
            #expect(waiting?["state"] == "needs_review")
            #expect(waiting?["guidance"]?.string?.contains("do not pay again") == true)
            #expect(await world.device(Self.device)["license_purchased"] == false)
            await world.deliver()
            let chief = try await world.operator()
            #expect(await world.reviews(by: chief).first?["kind"] == "amount_mismatch")
        }
    }

    @Test(arguments: TestEngine.all, ["complete", "expired"])
    func `an event of a page that is not ours, or of another mode, changes nothing`(
        engine: TestEngine, status: String
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            let session = try await world.atStripe("GET", "/v1/checkout/sessions/\(purchase.session)")
            for object in [
                session.changing("metadata", to: [:]).changing("id", to: "cs_foreign"),
                session.changing("mode", to: "setup"),
                session.changing("metadata", "kessai_installation", to: "another"),
            ] {
                let event = World.event(
                    "checkout.session.completed", id: "evt_\(object.text().hashValue.magnitude)",
                    object: object.changing("status", to: .string(status)))
                #expect(await world.receive(event)["actions"]?[0]?["result"] == "ignored")
            }
            let pendingOrders = try await world.count("orders", where: "status = 'pending'")
            #expect(pendingOrders == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `3-D Secure is asked for on the way, and pays`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            try await world.payPage(purchase, ["payment_method": "pm_card_threeDSecure2Required"])
            let beforeAuthentication = try await world.confirm(purchase).status
            #expect(beforeAuthentication == 202)
            let session = try await world.atStripe("GET", "/v1/checkout/sessions/\(purchase.session)")
            _ = try await world.atStripe(
                "POST", "/_sandbox/payment_intents/\(session["payment_intent"]?.string ?? "")/authenticate",
                json: ["outcome": "succeed"])
            let afterAuthentication = try await world.confirm(purchase).status
            #expect(afterAuthentication == 200)
            await world.deliver()
            try await world.expectBooks()
        }
    }
}
