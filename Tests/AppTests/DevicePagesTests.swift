import AppTesting
import DatabaseTesting
import DevicePages
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import StripeSandbox
import Testing

/// S4-UI-01, S4-ERR-01: the page that plays the Timekeeper app.
@Suite struct DevicePagesTests {
    private func run(
        on engine: TestEngine = .sqlite, _ body: (World, Browser) async throws -> Void
    ) async throws {
        var options = World.Options.passes(["PASSES_RETURN_URLS": "\(World.origin)/device/return"])
        options.guests = [
            KessaiApp.GuestPages(path: "/device", summary: "A device") { api in
                DevicePages(
                    publicURL: World.origin, payURL: "https://checkout.stripe.com/c/", idPrefix: "demo-", api: api,
                    random: SeededRandom(7)
                ).routes
            }
        ]
        try await World.run(on: engine, options) { world in try await body(world, Browser(world)) }
    }

    /// Opens the page and begins to buy.
    private func begin(_ product: String, _ world: World, _ browser: Browser) async throws -> BegunPurchase {
        let page = await browser.get("/device")
        #expect(page.status == 200)
        let device = try #require(browser.jar["kessai_device"])
        let away = await browser.post("/device/buy", ["product": product])
        #expect(away.status == 303)
        let session = try #require(away.location?.split(separator: "/").last { $0.hasPrefix("cs_") })
        let pending = await world.device(device)["pending_purchases"]?.array?.last
        return BegunPurchase(
            device: device, product: product, session: String(session),
            reference: try #require(pending?["reference"]?.int),
            price: try #require(pending?["price"]?["amount"]?.int))
    }

    private func path(of url: String) -> String { String(url.dropFirst(World.origin.count)) }

    @Test(arguments: TestEngine.all)
    func `it buys, comes back and is unlocked, and the token stays in no address (S4-URL-02)`(
        engine: TestEngine
    ) async throws {
        try await run(on: engine) { world, browser in
            let first = await browser.get("/device")
            #expect(first.text.contains("data-state=\"locked\""))
            #expect(first.text.contains("¥120") && first.text.contains("¥4,800"))
            let cookie = try #require(first.headers["Set-Cookie"])
            #expect(cookie.hasPrefix("kessai_device=demo-"))
            #expect(cookie.hasSuffix("HttpOnly; SameSite=Lax; Path=/device; Secure"))
            let policy = try #require(first.headers["Content-Security-Policy"])
            #expect(policy.contains("form-action 'self' https://checkout.stripe.com;"))
            let purchase = try await begin("daypass", world, browser)
            let returned = try await world.payPage(purchase)
            let token = try World.token(in: returned)
            let home = await browser.get(path(of: returned))
            #expect(home.status == 303)
            #expect(home.location == "/device")
            #expect(home.headers["Referrer-Policy"] == "no-referrer")
            #expect(home.headers["Cache-Control"] == "no-store")
            #expect(browser.jar["kessai_purchase"] == "daypass.\(token)")
            let page = await browser.get("/device")
            #expect(page.text.contains("data-state=\"unlocked\""))
            #expect(page.text.contains("お支払いを確認しました"))
            #expect(page.text.contains("<strong>\(purchase.reference)</strong>"))
            #expect(!page.text.contains(token))
            #expect(page.headers["Cache-Control"] == "no-store")
            #expect(page.headers["Refresh"] == nil)
            #expect(browser.jar["kessai_purchase"] == nil)
            #expect(await world.device(purchase.device)["unlock_count"] == 1)
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test func `two taps lead to one page`() async throws {
        try await run { world, browser in
            _ = await browser.get("/device")
            let pages = [
                await browser.post("/device/buy", ["product": "license"]),
                await browser.post("/device/buy", ["product": "license"]),
            ]
            #expect(pages.allSatisfy { $0.status == 303 && $0.location == pages[0].location })
            let orders = try await world.count("orders")
            #expect(orders == 1)
            let page = await browser.get("/device", headers: ["Accept-Language": "en-GB"])
            #expect(page.text.contains("<html lang=\"en\">"))
            #expect(page.text.contains("Go on paying: licence"))
        }
    }

    @Test func `money that comes later is waited for, and the page asks again by itself (S4-CONF-10)`() async throws {
        try await run { world, browser in
            let purchase = try await begin("daypass", world, browser)
            let returned = try await world.payPage(purchase, ["method": "konbini"])
            _ = await browser.get(path(of: returned))
            let waiting = await browser.get("/device")
            #expect(waiting.text.contains("data-state=\"locked\""))
            #expect(waiting.text.contains("お支払いの確認待ちです"))
            #expect(waiting.headers["Refresh"] == "60; url=/device")
            #expect(!waiting.text.contains("buy-daypass"))
            #expect(browser.jar["kessai_purchase"] != nil)
            let again = await browser.post("/device/buy", ["product": "daypass"])
            #expect(again.status == 409)
            #expect(again.text.contains("\(purchase.reference)"))
            try await world.settle(purchase, "paid")
            #expect(await browser.get("/device").text.contains("data-state=\"unlocked\""))
            #expect(browser.jar["kessai_purchase"] == nil)
        }
    }

    @Test func `money that does not come is told, and the device can buy again`() async throws {
        try await run { world, browser in
            let purchase = try await begin("daypass", world, browser)
            _ = await browser.get(path(of: try await world.payPage(purchase, ["method": "konbini"])))
            try await world.settle(purchase, "failed")
            let page = await browser.get("/device")
            #expect(page.text.contains("お支払いは行われませんでした"))
            #expect(page.text.contains("data-state=\"locked\""))
            #expect(page.text.contains("buy-daypass"))
            #expect(browser.jar["kessai_purchase"] == nil)
            #expect(await browser.post("/device/buy", ["product": "daypass"]).status == 303)
        }
    }

    @Test func `whoever leaves the page comes back to what was before (S4-URL-04)`() async throws {
        try await run { world, browser in
            let purchase = try await begin("daypass", world, browser)
            let home = await browser.get("/device/return?result=cancel&product_type=daypass")
            #expect(home.location == "/device?notice=cancelled")
            let page = await browser.get("/device?notice=cancelled")
            #expect(page.text.contains("購入をやめました"))
            #expect(page.text.contains("data-state=\"locked\""))
            #expect(await world.device(purchase.device)["unlocked"] == false)
        }
    }

    @Test func `a fault while confirming loses nothing: the token is kept and asked with again`() async throws {
        try await run { world, browser in
            let purchase = try await begin("license", world, browser)
            _ = await browser.get(path(of: try await world.payPage(purchase)))
            world.sandbox.add(StripeSandboxFault(.outage, times: nil))
            let page = await browser.get("/device")
            #expect(page.status == 200)
            #expect(page.text.contains("決済サービスから返事がありません"))
            #expect(page.headers["Refresh"] == "5; url=/device")
            #expect(browser.jar["kessai_purchase"] != nil)
            let refused = await Browser(world).post("/device/buy", ["product": "license"])
            #expect(refused.status == 400)
            #expect(refused.text.contains("Cookie が必要です"))
            world.sandbox.clearFaults()
            #expect(await browser.get("/device").text.contains("data-state=\"unlocked\""))
        }
    }

    @Test func `when Stripe's page cannot be opened the buyer is told so`() async throws {
        try await run { world, browser in
            _ = await browser.get("/device")
            world.sandbox.add(StripeSandboxFault(.outage, times: nil))
            let page = await browser.post("/device/buy", ["product": "daypass"])
            #expect(page.status == 503)
            #expect(page.headers["Retry-After"] == "5")
            #expect(page.text.contains("二重に請求されることはありません"))
            #expect(page.text.contains("payment_page_unavailable"))
            #expect(page.text.contains("href=\"/device\""))
        }
    }

    @Test func `another device's token unlocks nothing and is forgotten (S4-TOK-03)`() async throws {
        try await run { world, browser in
            let purchase = try await begin("daypass", world, browser)
            let returned = try await world.payPage(purchase)
            let stranger = Browser(world)
            _ = await stranger.get("/device")
            _ = await stranger.get(path(of: returned))
            let page = await stranger.get("/device")
            #expect(page.text.contains("別の端末の購入です"))
            #expect(page.text.contains("data-state=\"locked\""))
            #expect(stranger.jar["kessai_purchase"] == nil)
        }
    }

    @Test(arguments: [
        "", "?result=success", "?result=success&product_type=car&purchase_token=kpt_x",
        "?result=success&product_type=daypass&purchase_token=%22%3E%3Cscript%3E",
        "?result=success&product_type=daypass&purchase_token=a%0D%0ASet-Cookie:x",
    ])
    func `an incomplete way back is told and kept nowhere`(query: String) async throws {
        try await run { _, browser in
            let home = await browser.get("/device/return\(query)")
            #expect(home.location == "/device?notice=incomplete")
            #expect(home.headers["Set-Cookie"] == nil)
        }
    }

    @Test func `forms of other sites do nothing, and strange devices are none`() async throws {
        try await run { world, browser in
            for path in ["/device/buy", "/device/new"] {
                let refused = await browser.post(
                    path, ["product": "daypass"], headers: ["Sec-Fetch-Site": "cross-site"])
                #expect(refused.status == 403)
                #expect(refused.text.contains("form_not_valid"))
            }
            let orders = try await world.count("orders")
            #expect(orders == 0)
            for strange in ["other-0123456789", "demo-<script>", "demo-", "demo-\"x\"x\"x\""] {
                browser.jar = ["kessai_device": strange]
                let page = await browser.get("/device")
                #expect(page.status == 200)
                #expect(!page.text.contains(">\(strange)<"))
                #expect(browser.jar["kessai_device"] != strange)
            }
            let known = browser.jar["kessai_device"]
            #expect(await browser.post("/device/new", [:]).location == "/device?notice=new")
            #expect(browser.jar["kessai_device"] != known)
            #expect(await browser.post("/device/buy", ["product": "car"]).status == 400)
        }
    }

    @Test func `whoever comes by another name of the host is sent to the one that is returned to`() async throws {
        try await run { _, browser in
            let sent = await browser.get("/device", headers: ["Host": "localhost:8080"])
            #expect(sent.status == 303)
            #expect(sent.location == "\(World.origin)/device")
            #expect(await browser.get("/device", headers: ["Host": "KESSAI.test"]).status == 200)
        }
    }

    @Test func `an application without guests has no such page`() async throws {
        try await World.run(on: .sqlite, .passes()) { world in
            #expect(await world.send("GET", "/device").status == 404)
            #expect(await world.send("GET", "/device/return").status == 404)
        }
    }
}
