import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Licences and day passes as a device meets them (S4).
@Suite struct PassesTests {
    static let device = "device-0001"

    /// S4-API-01 to S4-API-04, S4-SESS-01, S4-CONF-01 to S4-CONF-04, S4-CONF-06, S4-URL-02, S4-URL-03.
    @Test(arguments: TestEngine.all)
    func `a device buys a day pass and is unlocked until its day ends`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            // Noon in Tokyo.
            try world.travel(to: "2026-11-22T03:00:00Z")
            let before = await world.device(Self.device)
            #expect(before["unlocked"] == false)
            #expect(before["next_price"]?["amount"] == 120)
            #expect(before["license_price"]?["amount"] == 4800)
            let purchase = try await world.begin(Self.device, "daypass")
            #expect(purchase.price == 120)
            let returned = try await world.payPage(purchase)
            #expect(returned.hasPrefix("timekeeper://purchase?result=success&product_type=daypass&purchase_token=kpt_"))
            #expect(returned.hasSuffix("&session_id=\(purchase.session)"))
            let reply = await world.confirm(try World.token(in: returned), device: Self.device, "daypass")
            #expect(reply.status == 200)
            #expect(reply["unlock_count"] == 1)
            #expect(reply["last_unlock_date"] == "2026-11-22")
            #expect(reply["unlocked_until"] == "2026-11-22T15:00:00.000Z")
            #expect(reply["reference"] == .int(purchase.reference))
            let after = await world.device(Self.device)
            #expect(after["unlocked"] == true)
            #expect(after["unlocked_until"] == "2026-11-22T15:00:00.000Z")
            #expect(after["unlock_count"] == 1)
            #expect(after["pending_purchases"] == [])
            await world.deliver()
            try await world.expectBooks()
            // The day is over: locked again, and what was confirmed stays confirmed.
            try world.travel(to: "2026-11-22T15:00:00Z")
            let next = await world.device(Self.device)
            #expect(next["unlocked"] == false)
            #expect(next["unlocked_until"] == .null)
            let again = await world.confirm(try World.token(in: returned), device: Self.device, "daypass")
            #expect(again.json == reply.json)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a licence is for ever, and is not sold twice (S4-CONF-02, S4-SESS-06)`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            #expect(purchase.price == 4800)
            try await world.payPage(purchase)
            let reply = try await world.confirm(purchase)
            #expect(reply.status == 200)
            #expect(reply["license_purchased"] == true)
            #expect(reply["unlock_count"] == .null)
            let device = await world.device(Self.device)
            #expect(device["license_purchased"] == true)
            #expect(device["unlocked"] == true)
            #expect(device["unlocked_until"] == .null)
            #expect(device["next_price"] == .null)
            for product in ["license", "daypass"] {
                let refused = await world.checkout(Self.device, product)
                #expect(refused.status == 409)
                #expect(refused.code == "license_owned")
            }
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `the event alone unlocks when the app has died (S4-HOOK-01)`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            try await world.payPage(purchase)
            await world.deliver()
            #expect(await world.device(Self.device)["unlocked"] == true)
            let late = try await world.confirm(purchase)
            #expect(late.status == 200)
            #expect(late["unlock_count"] == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a second day pass on one day is not sold, and the next day costs its step (S4-SESS-02 to S4-SESS-04)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            for (count, price) in [(0, 120), (1, 120), (2, 120), (3, 240)] as [(Int64, Int64)] {
                #expect(await world.device(Self.device)["next_price"]?["amount"] == .int(price))
                let reply = await world.checkout(Self.device, "daypass", unlockCount: count == 3 ? 0 : count)
                #expect(reply["price"]?["amount"] == .int(price))
                let purchase = try await world.begin(Self.device, "daypass")
                #expect(reply["session_id"]?.string == purchase.session)
                try await world.payPage(purchase)
                let confirmed = try await world.confirm(purchase)
                #expect(confirmed["unlock_count"] == .int(count + 1))
                let second = await world.checkout(Self.device, "daypass")
                #expect(second.status == 409)
                #expect(second.code == "already_unlocked")
                world.clock.advance(by: .seconds(86_400))
            }
            let swaps = world.logs.lines(of: "swap_attempt")
            #expect(swaps.count == 1)
            #expect(swaps.first?.level == .warning)
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `two taps are one purchase, and a repeat with its key gets the same page`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let replies = await withTaskGroup(of: Reply.self) { group in
                for key in ["tap-1", "tap-2", nil] {
                    group.addTask { await world.checkout(Self.device, "daypass", key: key) }
                }
                return await group.reduce(into: [Reply]()) { $0.append($1) }
            }
            #expect(replies.map(\.status) == [201, 201, 201])
            #expect(Set(replies.compactMap { $0["session_id"]?.string }).count == 1)
            let repeated = await world.checkout(Self.device, "daypass", key: "tap-1")
            #expect(repeated["session_id"] == replies[0]["session_id"])
            let sessions = try await world.listAtStripe("/v1/checkout/sessions")
            #expect(sessions.count == 1)
            let orders = try await world.count("orders")
            #expect(orders == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a change of price leaves an open page as it is, and the next purchase has the new one`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let old = try await world.begin(Self.device, "daypass")
            let other = try await world.begin("device-0002", "daypass")
            let dearer = try await World.make(
                database: world.database, clock: world.clock,
                options: .passes(["PASSES_DAYPASS_PRICES": "0:200"]), sandbox: world.sandbox, seed: 7)
            try await dearer.payPage(old)
            let kept = try await dearer.confirm(old)
            #expect(kept["price"]?["amount"] == 120)
            // Who asks again gets a page at the price of now; the old one takes no money any more.
            let new = try await dearer.begin("device-0002", "daypass")
            #expect(new.price == 200)
            #expect(new.session != other.session)
            let session = try await world.atStripe("GET", "/v1/checkout/sessions/\(other.session)")
            #expect(session["status"] == "expired")
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `cancelling on the page changes nothing, and the page can be opened again (S4-URL-04)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            let session = try await world.atStripe("GET", "/v1/checkout/sessions/\(purchase.session)")
            #expect(session["cancel_url"] == "timekeeper://purchase?result=cancel&product_type=daypass")
            let pending = try await world.confirm(purchase)
            #expect(pending.status == 202)
            #expect(pending.headers["Retry-After"] == "3")
            #expect(pending["purchase"]?["state"] == "open")
            let again = try await world.begin(Self.device, "daypass")
            #expect(again.session == purchase.session)
            #expect(await world.device(Self.device)["unlocked"] == false)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a page whose time is over closes its purchase, and a new one can begin`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            let token = try await world.token(of: purchase)
            world.clock.advance(by: .seconds(3700))
            await world.deliver()
            let closed = await world.confirm(token, device: Self.device, "daypass")
            #expect(closed.status == 410)
            #expect(closed.code == "purchase_closed")
            #expect(try await world.count("orders", where: "status = 'canceled'") == 1)
            let next = try await world.begin(Self.device, "daypass")
            #expect(next.session != purchase.session)
            try await world.payPage(next)
            #expect(try await world.confirm(next).status == 200)
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a declined card leaves the page open, and another one pays`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "license")
            try await world.payPage(purchase, ["card": "4000000000000002"])
            await world.deliver()
            #expect(try await world.confirm(purchase).status == 202)
            try await world.payPage(purchase)
            #expect(try await world.confirm(purchase).status == 200)
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `the licence closes the open page of a day pass`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let daypass = try await world.begin(Self.device, "daypass")
            let license = try await world.begin(Self.device, "license")
            try await world.payPage(license)
            await world.deliver()
            try await world.work()
            let session = try await world.atStripe("GET", "/v1/checkout/sessions/\(daypass.session)")
            #expect(session["status"] == "expired")
            #expect(await world.device(Self.device)["pending_purchases"] == [])
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `the licence takes back the voucher of a day pass that nobody has paid`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let daypass = try await world.begin(Self.device, "daypass")
            try await world.payPage(daypass, ["method": "konbini"])
            await world.deliver()
            let license = try await world.begin(Self.device, "license")
            try await world.payPage(license)
            await world.deliver()
            try await world.work()
            await world.deliver()
            let session = try await world.atStripe("GET", "/v1/checkout/sessions/\(daypass.session)")
            let intent = try await world.atStripe(
                "GET", "/v1/payment_intents/\(session["payment_intent"]?.string ?? "")")
            #expect(intent["status"] == "canceled")
            let device = await world.device(Self.device)
            #expect(device["pending_purchases"] == [])
            #expect(device["unlock_count"] == 0)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `who has paid for the licence is sold no day pass, also when nobody has heard of it yet`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let license = try await world.begin(Self.device, "license")
            try await world.payPage(license)
            let refused = await world.checkout(Self.device, "daypass")
            #expect(refused.status == 409)
            #expect(refused.code == "license_owned")
            #expect(await world.device(Self.device)["license_purchased"] == true)
            try await world.expectBooks()
        }
    }
}
