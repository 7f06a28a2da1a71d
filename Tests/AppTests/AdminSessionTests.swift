import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import Testing

/// S3-NEXT-03: who gets into the operators' pages, and who does not.
@Suite struct AdminSessionTests {
    @Test(arguments: [
        ("https://kessai.test", "__Host-kessai_admin", "Secure; Path=/"),
        ("http://127.0.0.1:8080", "kessai_admin", "SameSite=Strict; Path=/admin"),
    ])
    func `an operator logs in and out, and the cookie is as narrow as it can be`(
        url: String, name: String, ending: String
    ) async throws {
        var options = World.Options()
        options.environment["PUBLIC_URL"] = url
        try await World.run(on: .sqlite, options) { world in
            _ = try await world.operator()
            let browser = Browser(world)
            let form = await browser.get("/admin/login")
            #expect(form.status == 200)
            #expect(form.headers["Cache-Control"] == "no-store")
            let page = await browser.logIn()
            #expect(page.status == 303)
            #expect(page.location == "/admin/orders")
            let cookie = try #require(page.headers["Set-Cookie"])
            #expect(cookie.hasPrefix("\(name)=ey"))
            #expect(cookie.contains("; Max-Age=900; HttpOnly; SameSite=Strict"))
            #expect(cookie.hasSuffix(ending))
            let orders = await browser.get("/admin/orders")
            #expect(orders.status == 200)
            for (header, value) in [
                ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "same-origin"),
            ] { #expect(orders.headers[header] == value) }
            let policy = try #require(orders.headers["Content-Security-Policy"])
            #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
            #expect(!policy.contains("unsafe") && !policy.contains("script-src"))
            let out = await browser.submit(orders, to: "/admin/logout")
            #expect(out.location == "/admin/login?bye=1")
            #expect(browser.jar.isEmpty)
            #expect(await browser.get("/admin/orders").status == 303)
        }
    }

    /// Every way below `/admin` but the log-in, as the router has it, with something in the place of ids.
    private static func ways(_ world: World) -> [(method: String, path: String)] {
        world.app.router.routes
            .filter { ($0.path + "/").hasPrefix("/admin/") || $0.path.hasPrefix("/admin.") }
            .filter { $0.path != "/admin/login" }
            .map { (method: $0.method, path: $0.path.replacing("{id}", with: "1")) }
    }

    @Test func `who is not logged in is led to the log-in and back, from every page`() async throws {
        try await World.run(on: .sqlite) { world in
            let ways = Self.ways(world)
            #expect(ways.count >= 20)
            for (method, path) in ways {
                #expect(!path.contains("{"))
                guard method == "GET" else {
                    let posted = await Browser(world).post(path, [:])
                    #expect(posted.status == 303, "POST \(path)")
                    #expect(posted.location?.hasPrefix("/admin/login") == true)
                    continue
                }
                let wanted = path + (path.hasSuffix("orders") ? "?status=paid" : "")
                let page = await Browser(world).get(wanted)
                #expect(page.status == 303, "GET \(path)")
                let back = path == "/admin/logout" ? "" : "?return=\(PercentCoding.encode(wanted))"
                #expect(page.location == "/admin/login\(back)")
                #expect(page.headers["WWW-Authenticate"] == nil)
            }
        }
    }

    @Test func `a buyer does not get in, neither by the form nor with their token in the cookie`() async throws {
        try await World.run(on: .sqlite) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let browser = Browser(world)
            let refused = await browser.logIn("buyer@example.com")
            #expect(refused.status == 403)
            #expect(refused.headers["Set-Cookie"] == nil)
            browser.jar = ["__Host-kessai_admin": buyer.token]
            // Refund, cancel, resolve, replay, add and change are among them; the role is asked before the form.
            for (method, path) in Self.ways(world) {
                let fields = ["form_token": "x", "form_key": "a-key", "amount": "1", "note": "x"]
                let page = method == "GET" ? await browser.get(path) : await browser.post(path, fields)
                #expect(page.status == 403, "\(method) \(path)")
                #expect(page.text.contains("このアカウントは運営者ではありません。"))
            }
            #expect(await world.status(order, by: buyer) == "pending")
            #expect(await world.teaLeft() == 99)
        }
    }

    @Test func `too many failed log-ins are told with the time to wait`() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.operator()
            for _ in 0..<10 {
                let page = await Browser(world).post(
                    "/admin/login", ["email": "operator@example.com", "password": "wrong password"])
                #expect(page.status == 401)
            }
            let braked = await Browser(world).logIn()
            #expect(braked.status == 429)
            #expect(braked.headers["Retry-After"] == "900")
            #expect(braked.headers["Set-Cookie"] == nil)
            #expect(braked.text.contains("name=\"password\""))
            #expect(!braked.text.contains("a long enough password"))
            world.clock.advance(by: .seconds(900))
            #expect(await Browser(world).logIn().status == 303)
        }
    }

    @Test func `a database that is away is told as such, and the form stays`() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.operator()
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            faulty.goAway()
            let page = await Browser(node).logIn()
            #expect(page.status == 503)
            #expect(page.headers["Retry-After"] != nil)
            #expect(page.text.contains("name=\"password\""))
            faulty.comeBack()
            #expect(await Browser(node).logIn().status == 303)
        }
    }

    @Test func `a form without its own key does nothing, so that no repeat can do it twice`() async throws {
        try await World.run(on: .sqlite) { world in
            try await world.stockShop()
            _ = try await world.operator()
            let buyer = try await world.buyer()
            let (order, _) = try await world.buy(by: buyer)
            let browser = Browser(world)
            await browser.logIn()
            let path = "/admin/orders/\(order.id)/refund"
            let form = await browser.get("\(path)?confirm=1")
            let token = try #require(form.hidden("form_token"))
            let payment = try #require(form.hidden("payment"))
            for key in [nil, "", " "] {
                var fields = ["form_token": token, "amount": "100", "reason": "duplicate", "payment": payment]
                fields["form_key"] = key
                let refused = await browser.post(path, fields)
                #expect(refused.status == 400)
                #expect(refused.text.contains("form_key_missing"))
            }
            #expect(try await world.count("refunds") == 0)
        }
    }

    @Test func `a wrong password and an unknown address look alike`() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.operator()
            var texts: Set<String> = []
            for email in ["operator@example.com", "nobody@example.com"] {
                let page = await Browser(world).post("/admin/login", ["email": email, "password": "wrong password"])
                #expect(page.status == 401)
                #expect(page.headers["Set-Cookie"] == nil)
                texts.insert(page.text.replacing(email, with: "…"))
            }
            #expect(texts.count == 1)
            for fields in [[:], ["email": "not an address", "password": "x"], ["email": "a@b.jp", "password": ""]] {
                #expect(await Browser(world).post("/admin/login", fields).status == 401)
            }
        }
    }

    @Test func `the API takes no cookie, and a page no bearer`() async throws {
        try await World.run(on: .sqlite) { world in
            let chief = try await world.operator()
            let cookie = "__Host-kessai_admin=\(chief.token)"
            for path in ["/api/admin/orders", "/api/me", "/api/admin/payments"] {
                let reply = await world.send(HTTPRequest("GET", path, headers: ["Cookie": cookie]))
                #expect(reply.status == 401)
                #expect(reply.code == "not_logged_in")
            }
            let page = await Browser(world).get("/admin/orders", headers: ["Authorization": "Bearer \(chief.token)"])
            #expect(page.status == 303)
            // Somebody planted a second one beside ours.
            let two = await Browser(world).get("/admin/orders", headers: ["Cookie": "\(cookie); \(cookie)x"])
            #expect(two.status == 303)
            #expect(await Browser(world).get("/admin/orders", headers: ["Cookie": "a=b; \(cookie)"]).status == 200)
        }
    }

    @Test func `a session ends with its token, and a form that comes too late does nothing`() async throws {
        try await World.run(on: .sqlite) { world in
            try await world.stockShop()
            _ = try await world.operator()
            let order = try await world.order(by: try await world.buyer())
            let browser = Browser(world)
            await browser.logIn()
            let path = "/admin/orders/\(order.id)/cancel"
            let form = await browser.get(path)
            world.clock.advance(by: .seconds(16 * 60))
            let late = await browser.submit(form, to: path)
            #expect(late.status == 303)
            #expect(late.location == "/admin/login?return=\(PercentCoding.encode(path))")
            #expect(browser.jar.isEmpty)
            #expect(await world.status(order, by: try await world.again("buyer@example.com")) == "pending")
            let back = await browser.logIn(back: path)
            #expect(back.location == path)
        }
    }

    @Test func `an operator who is disabled is out at once`() async throws {
        try await World.run(on: .sqlite) { world in
            let chief = try await world.operator()
            let browser = Browser(world)
            await browser.logIn()
            #expect(await browser.get("/admin/orders").status == 200)
            try await world.disable(chief)
            #expect(await browser.get("/admin/orders").status == 303)
        }
    }

    @Test(arguments: [
        "https://evil.example/", "//evil.example", "/\\evil.example", "/admin\\@evil.example", "/admin//evil.example",
        "/adminx", "/", "/api/admin/orders", "/admin/../api", "/admin/%2E%2e/api",
        "/admin/x/.%2e/%2e./../api", "/admin/./login", "/admin/%2e/logout", "/admin/login", "/admin/logout",
        "javascript:alert(1)",
        "/admin/orders\r\nSet-Cookie: a=b", "/admin/注文", "", "/admin/" + String(repeating: "a", count: 2000),
    ])
    func `a log-in leads nowhere but to our own pages`(back: String) async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.operator()
            let browser = Browser(world)
            let form = await browser.get("/admin/login?return=\(PercentCoding.encode(back))")
            #expect(form.hidden("return") == nil)
            let page = await browser.logIn(back: back)
            #expect(page.status == 303)
            #expect(page.location == "/admin/orders")
        }
    }

    @Test func `a form of another site, of another session or without its token does nothing`() async throws {
        try await World.run(on: .sqlite) { world in
            try await world.stockShop()
            _ = try await world.operator()
            _ = try await world.operator("second")
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let path = "/admin/orders/\(order.id)/cancel"
            let (browser, other) = (Browser(world), Browser(world))
            await browser.logIn()
            await other.logIn("second@example.com")
            let token = try #require(await browser.get(path).hidden("form_token"))
            let theirs = try #require(await other.get(path).hidden("form_token"))
            #expect(token != theirs)
            for fields in [[:], ["form_token": ""], ["form_token": theirs], ["form_token": token + "A"]] {
                let refused = await browser.post(path, fields)
                #expect(refused.status == 403)
                #expect(refused.text.contains("form_not_valid"))
            }
            let senders: [HTTPHeaders] = [
                ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Sec-Fetch-Site": "none"],
                ["Origin": "https://evil.example"], ["Origin": "null"], ["Origin": "https://kessai.test.evil.example"],
                ["Sec-Fetch-Site": "cross-site", "Origin": "https://kessai.test"],
            ]
            for sender in senders {
                #expect(await browser.post(path, ["form_token": token], headers: sender).status == 403)
                let login = await Browser(world).post(
                    "/admin/login", ["email": "operator@example.com", "password": "a long enough password"],
                    headers: sender)
                #expect(login.status == 403)
                #expect(login.headers["Set-Cookie"] == nil)
            }
            #expect(await world.status(order, by: buyer) == "pending")
            let own: HTTPHeaders = ["Origin": "https://kessai.test"]
            let done = await browser.post(path, ["form_token": token, "form_key": "a-form-key"], headers: own)
            #expect(done.status == 303)
            #expect(await world.status(order, by: buyer) == "canceled")
        }
    }
}
