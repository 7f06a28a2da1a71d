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

/// What apps meet on the way: lost answers, restarts, and Stripe that is away. Nothing is bought twice.
@Suite struct RestartTests {
    @Test(arguments: TestEngine.all)
    func `a lost answer is asked for again under the same key, and there is one page`(engine: TestEngine) async throws {
        try await PassShop.run(on: engine) { shop in
            shop.transport.meet(.refuse, .loseRequest, .loseAnswer)
            let page = try await shop.page(.license)
            #expect(shop.transport.requests.count == 4)
            #expect(Set(shop.transport.requests.map { $0.headers["Idempotency-Key"] }).count == 1)
            #expect(Set(shop.transport.requests.map(\.body)).count == 1)
            #expect(shop.clock.slept.count == 3)
            #expect(try await shop.pagesAtStripe().map { $0["id"]?.string } == [page.sessionID])
        }
    }

    @Test(arguments: TestEngine.all)
    func `an app that died before the answer finds its page by the key that it stored`(engine: TestEngine)
        async throws
    {
        try await PassShop.run(on: engine) { shop in
            let key = shop.client.makeRequestKey()
            shop.transport.meet(.loseAnswer, .loseAnswer, .loseAnswer, .loseAnswer)
            let lost = try await thrownError {
                try await shop.client.beginCheckout(.license, device: PassShop.device, key: key)
            }
            #expect(lost == .noAnswer(.lost(reason: "connection reset"), mayHaveActed: true))
            #expect(lost.mayRepeat)
            let restarted = try PassShop(shop.world, seed: 8)
            let stored = try #require(RequestKey(key.rawValue))
            let page = try await restarted.page(.license, key: stored)
            #expect(try await shop.pagesAtStripe().map { $0["id"]?.string } == [page.sessionID])
            // Another app's tap, with another key, is the same purchase.
            #expect(try await restarted.page(.license).sessionID == page.sessionID)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a confirmation whose answer is lost is asked again, and delivers once`(engine: TestEngine) async throws {
        try await PassShop.run(on: engine) { shop in
            let paid = try await shop.buy(.daypass)
            shop.transport.meet(.loseAnswer, .loseAnswer)
            let confirmation = try await shop.client.confirm(paid, device: PassShop.device)
            guard case .confirmed(let purchase) = confirmation else { throw Unexpected(what: "\(confirmation)") }
            #expect(purchase.unlockCount == 1)
            await shop.world.deliver()
            #expect(try await shop.client.device(PassShop.device).unlockCount == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `Stripe's lost answer and its outage are waited out within the call`(engine: TestEngine) async throws {
        try await PassShop.run(on: engine) { shop in
            _ = shop.world.sandbox.add(.init(.dropAnswer, method: "POST", path: "/v1/checkout/sessions"))
            let page = try await shop.page(.license)
            #expect(shop.clock.slept == [.seconds(5)])
            #expect(try await shop.pagesAtStripe().map { $0["id"]?.string } == [page.sessionID])
            let paid = try shop.back(try await shop.pay(page))
            _ = shop.world.sandbox.add(.init(.outage, path: "/v1/checkout/sessions", times: nil))
            let refused = try await thrownError {
                try await shop.client.confirm(paid, device: PassShop.device)
            }
            #expect(refused.code == "payment_page_unavailable")
            #expect(refused.retryAfter == .seconds(5))
            #expect(refused.mayRepeat)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a page that expired is over, and a new key opens a new one`(engine: TestEngine) async throws {
        try await PassShop.run(on: engine) { shop in
            let key = shop.client.makeRequestKey()
            let first = try await shop.page(.license, key: key)
            // Longer than the server keeps its answers.
            shop.world.clock.advance(by: .seconds(25 * 3600))
            let repeated = try await shop.client.beginCheckout(.license, device: PassShop.device, key: key)
            #expect(repeated == .over)
            #expect(try await shop.page(.license).sessionID != first.sessionID)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a delivery that fails is an outcome with the number to ask about`(engine: TestEngine) async throws {
        try await PassShop.run(on: engine) { shop in
            let paid = try await shop.buy(.license)
            let problem = HTTPResponse.json(
                ["code": "delivery_pending", "detail": "reference 7"], status: 503, headers: ["Retry-After": "5"])
            shop.transport.meet(.answer(problem))
            let confirmation = try await shop.client.confirm(paid, device: PassShop.device)
            #expect(confirmation == .deliveryPending(guidance: "reference 7", retryAfter: .seconds(5)))
            shop.transport.meet(.answer(problem))
            let waited = try await shop.client.waitForUnlock(paid, device: PassShop.device)
            guard case .confirmed = waited else { throw Unexpected(what: "\(waited)") }
            #expect(shop.clock.slept == [.seconds(5)])
        }
    }
}
