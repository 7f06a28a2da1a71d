import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiAPI
import KessaiClient
import StripeSandbox
import Testing

/// S4-API, S4-URL and S4-CONF by the Swift client: an app without an account buys, comes back and is unlocked.
@Suite struct PassFlowTests {
    @Test(arguments: TestEngine.all)
    func `a licence is bought, confirmed and kept (S4-API-01 to S4-API-03, S4-SESS-06, S4-TOK-03)`(engine: TestEngine)
        async throws
    {
        try await PassShop.run(on: engine) { shop in
            let before = try await shop.client.device(PassShop.device)
            #expect(!before.unlocked)
            #expect(before.licensePrice?.amount == 4800)
            let page = try await shop.page(.license)
            #expect(page.price.amount == 4800)
            let paid = try shop.back(try await shop.pay(page))
            #expect(paid.product == .license)
            #expect(paid.sessionID == page.sessionID)
            let confirmation = try await shop.client.waitForUnlock(paid, device: PassShop.device)
            guard case .confirmed(let purchase) = confirmation else { throw Unexpected(what: "\(confirmation)") }
            #expect(purchase.licensePurchased)
            #expect(purchase.reference == page.reference)
            let again = try await shop.client.confirmLicense(device: PassShop.device, token: paid.token)
            #expect(again == confirmation)
            let after = try await shop.client.device(PassShop.device)
            #expect(after.unlocked)
            #expect(after.unlockedUntil == nil)
            let more = try await shop.client.beginCheckout(
                .license, device: PassShop.device, key: shop.client.makeRequestKey())
            #expect(more == .nothingToBuy)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a day pass unlocks until the day ends, and the next one costs the next price (S4-API-04, S4-SESS-02)`(
        engine: TestEngine
    )
        async throws
    {
        try await PassShop.run(on: engine) { shop in
            let paid = try await shop.buy(.daypass)
            let confirmation = try await shop.client.confirmDaypass(device: PassShop.device, token: paid.token)
            guard case .confirmed(let purchase) = confirmation else { throw Unexpected(what: "\(confirmation)") }
            #expect(purchase.unlockCount == 1)
            #expect(purchase.lastUnlockDate == "2026-11-21")
            #expect(purchase.unlockedUntil?.timestamp.rfc3339 == "2026-11-21T15:00:00.000Z")
            let second = try await shop.client.beginCheckout(
                .daypass, device: PassShop.device, key: shop.client.makeRequestKey())
            #expect(second == .nothingToBuy)
            shop.world.clock.advance(by: .seconds(24 * 3600))
            let tomorrow = try await shop.client.device(PassShop.device)
            #expect(!tomorrow.unlocked)
            #expect(tomorrow.nextPrice?.amount == 240)
            #expect(try await shop.page(.daypass).price.amount == 240)
        }
    }

    @Test(arguments: TestEngine.all)
    func `who goes back from the page has bought nothing, and can go on (S4-URL-04)`(engine: TestEngine) async throws {
        try await PassShop.run(on: engine) { shop in
            let key = shop.client.makeRequestKey()
            let page = try await shop.page(.daypass, key: key)
            let session = try await shop.world.atStripe("GET", "/v1/checkout/sessions/\(page.sessionID)")
            let link: String = try #require(session["cancel_url"]?.string)
            #expect(PurchaseReturn(link, returnURLs: [PassShop.returnURL]) == .canceled(.daypass))
            let device = try await shop.client.device(PassShop.device)
            #expect(!device.unlocked)
            #expect(device.unlockCount == 0)
            #expect(try await shop.page(.daypass, key: key) == page)
        }
    }

    @Test(arguments: TestEngine.all)
    func `who comes back unpaid is waited for with the server's pauses, and within bounds (S4-CONF-10)`(
        engine: TestEngine
    )
        async throws
    {
        try await PassShop.run(on: engine) { shop in
            let paid = try await shop.buy(.license, ["method": "konbini", "name": "A"])
            let patience = Patience(triesMax: 3, waitMax: .seconds(600))
            let waited = try await shop.client.waitForUnlock(paid, device: PassShop.device, patience: patience)
            guard case .pending(let pending, let pause) = waited else { throw Unexpected(what: "\(waited)") }
            #expect(pending.state == "processing")
            #expect(pause == .seconds(60))
            #expect(shop.clock.slept == [.seconds(60), .seconds(60)])
            // A pause that is longer than the patience that is left is not begun.
            _ = try await shop.client.waitForUnlock(
                paid, device: PassShop.device, patience: Patience(triesMax: 9, waitMax: .seconds(59)))
            #expect(shop.clock.slept.count == 2)
            let underWay = try await shop.client.beginCheckout(
                .license, device: PassShop.device, key: shop.client.makeRequestKey())
            #expect(underWay == .paymentUnderWay(retryAfter: .seconds(60)))
            let intent = try #require(try await shop.world.listAtStripe("/v1/payment_intents").first?["id"]?.string)
            try await shop.settle(intent, "paid")
            let settled = try await shop.client.waitForUnlock(paid, device: PassShop.device)
            guard case .confirmed = settled else { throw Unexpected(what: "\(settled)") }
        }
    }

    @Test(arguments: TestEngine.all)
    func `an app that lost its redirect sees the unlocked device once the event is there (S4-HOOK-01)`(
        engine: TestEngine
    )
        async throws
    {
        try await PassShop.run(on: engine) { shop in
            let idle = try await shop.client.waitForUnlock(device: PassShop.device)
            #expect(!idle.unlocked)
            #expect(shop.clock.slept.isEmpty)
            _ = try await shop.buy(.license)
            let waiting = try await shop.client.waitForUnlock(
                device: PassShop.device, patience: Patience(triesMax: 2, waitMax: .seconds(60)))
            #expect(!waiting.unlocked)
            #expect(waiting.pendingPurchases.map(\.state) == ["open"])
            #expect(shop.clock.slept == [.seconds(3)])
            await shop.world.deliver()
            let unlocked = try await shop.client.waitForUnlock(device: PassShop.device)
            #expect(unlocked.unlocked)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an app that lost its redirect, and the event too, is unlocked by tapping again`(engine: TestEngine)
        async throws
    {
        try await PassShop.run(on: engine) { shop in
            _ = try await shop.buy(.license)
            let again = try await shop.client.beginCheckout(
                .license, device: PassShop.device, key: shop.client.makeRequestKey())
            #expect(again == .nothingToBuy)
            #expect(try await shop.client.device(PassShop.device).unlocked)
            #expect(try await shop.pagesAtStripe().count == 1)
        }
    }
}

extension PassShop {
    /// The store's part.
    func settle(_ intent: String, _ outcome: String) async throws {
        let response = try await world.stripe.send(
            .init(
                method: "POST", url: "https://api.stripe.com/_sandbox/payment_intents/\(intent)/settle",
                headers: ["Content-Type": "application/json"], body: Array(#"{"outcome":"\#(outcome)"}"#.utf8)))
        try #require(response.status == 200)
    }
}
