import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import StripeSandbox
import Testing

/// S3-NEXT-03: what operators see on the pages, and what the forms do: once.
@Suite struct AdminPagesTests {
    private func run(
        on engine: TestEngine = .sqlite, _ body: (World, Browser, _ buyer: Person) async throws -> Void
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            _ = try await world.operator()
            let buyer = try await world.buyer()
            let browser = Browser(world)
            await browser.logIn()
            try await body(world, browser, buyer)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a refund is asked for, confirmed, and made once however often the form is sent`(
        engine: TestEngine
    ) async throws {
        try await run(on: engine) { world, browser, buyer in
            let (order, intent) = try await world.buy(2, by: buyer)
            let path = "/admin/orders/\(order.id)/refund"
            #expect(await browser.get("/admin/orders/\(order.id)").text.contains("href=\"\(path)\""))
            #expect(await browser.get(path).text.contains("¥1,960"))
            for wrong in ["0", "-1", "1961", "abc", "1.5", "99999999999999999999"] {
                let again = await browser.get("\(path)?confirm=1&payment=\(intent)&amount=\(wrong)")
                #expect(again.status == 400)
                #expect(again.hidden("form_key") == nil)
            }
            let confirm = await browser.get("\(path)?confirm=1&payment=\(intent)&amount=1%2C000&reason=duplicate")
            #expect(confirm.text.contains("¥1,000"))
            let fields = ["amount": "1000", "reason": "duplicate", "payment": intent]
            for _ in 0..<3 {
                let done = await browser.submit(confirm, to: path, fields)
                #expect(done.status == 303)
                #expect(done.location == "/admin/orders/\(order.id)?done=refunded")
            }
            #expect(try await world.count("refunds") == 1)
            // The rest, from a page of its own: another form, another refund.
            let rest = await browser.get("\(path)?confirm=1")
            #expect(rest.hidden("amount") == "960")
            let done = await browser.submit(rest, to: path, fields.merging(["amount": "960"]) { $1 })
            #expect(await browser.get(try #require(done.location)).text.contains("返金しました。"))
            #expect(await world.status(order, by: buyer) == "refunded")
            #expect(await browser.get(path).text.contains("返金できる支払いがありません。"))
            let proofs = ["form_token": try #require(rest.hidden("form_token")), "form_key": "another-form"]
            let late = await browser.post(path, fields.merging(proofs) { $1 })
            #expect(late.status == 409)
            #expect(late.text.contains("返金できる支払いがありません。"))
            #expect(try await world.count("refunds") == 2)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `two presses of one button at one moment refund once, also on two nodes`(engine: TestEngine) async throws {
        try await run(on: engine) { world, browser, buyer in
            let (order, intent) = try await world.buy(by: buyer)
            let second = Browser(try await world.anotherNode())
            second.jar = browser.jar
            let path = "/admin/orders/\(order.id)/refund"
            let confirm = await browser.get("\(path)?confirm=1")
            let fields = ["amount": "400", "reason": "duplicate", "payment": intent]
            let pages = await withTaskGroup(of: Browser.Page.self) { group in
                for browser in [browser, second, browser, second] {
                    group.addTask { await browser.submit(confirm, to: path, fields) }
                }
                return await group.reduce(into: [Browser.Page]()) { $0.append($1) }
            }
            for page in pages {
                #expect(page.status == 303)
                #expect(["refunded", "underway"].contains(page.location?.split(separator: "=").last ?? ""))
            }
            #expect(try await world.count("refunds") == 1)
            try await world.expectBooks()
        }
    }

    @Test func `an amount that the form does not have is refused by the API`() async throws {
        try await run { world, browser, buyer in
            let (order, intent) = try await world.buy(by: buyer)
            let path = "/admin/orders/\(order.id)/refund"
            let confirm = await browser.get("\(path)?confirm=1")
            for amount in ["", "x", "0", "-5", "1e3", "100000000"] {
                let refused = await browser.submit(
                    confirm, to: path, ["amount": amount, "reason": "duplicate", "payment": intent])
                #expect(refused.status == 400)
            }
            #expect(try await world.count("refunds") == 0)
        }
    }

    @Test func `a refund whose outcome is unknown says so and is not made twice`() async throws {
        try await run { world, browser, buyer in
            let (order, intent) = try await world.buy(by: buyer)
            world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/refunds"))
            let path = "/admin/orders/\(order.id)/refund"
            let confirm = await browser.get("\(path)?confirm=1")
            let fields = ["amount": "980", "reason": "duplicate", "payment": intent]
            let done = await browser.submit(confirm, to: path, fields)
            #expect(done.location == "/admin/orders/\(order.id)?done=refunding")
            #expect(await browser.submit(confirm, to: path, fields).location == done.location)
            #expect(try await world.count("refunds") == 1)
        }
    }

    @Test func `an order is canceled once, and a paid one not at all`() async throws {
        try await run { world, browser, buyer in
            let order = try await world.order(3, by: buyer)
            let path = "/admin/orders/\(order.id)/cancel"
            let form = await browser.get(path)
            for _ in 0..<2 {
                let done = await browser.submit(form, to: path)
                #expect(done.location == "/admin/orders/\(order.id)?done=canceled")
            }
            #expect(await world.teaLeft() == 100)
            let (paid, _) = try await world.buy(by: buyer)
            let other = "/admin/orders/\(paid.id)/cancel"
            let refused = await browser.submit(await browser.get(other), to: other)
            #expect(refused.status == 409)
            #expect(refused.text.contains("この状態の注文は取り消せません。"))
        }
    }

    @Test func `hostile names and addresses are shown as the text that they are`() async throws {
        try await run { world, browser, _ in
            let hostile = "<script>alert('x')</script>\"&"
            let add = await browser.get("/admin/add-product")
            let made = await browser.submit(
                add, to: "/admin/add-product",
                [
                    "id": "evil", "name": hostile, "description": "</textarea>" + hostile, "price": "500",
                    "currency": "jpy", "stock": "",
                ])
            #expect(made.location == "/admin/products?done=added")
            _ = await browser.get("/admin/products")
            let address = "o'eve&amp=$x@example.com"
            let registered = await world.send(
                "POST", "/api/auth/register", body: ["email": .string(address), "password": "a long enough password"])
            try #require(registered.status == 201)
            let eve = try await world.again(address)
            _ = await browser.submit(
                await browser.get("/admin/products/evil"), to: "/admin/products/evil",
                ["name": hostile, "was_name": hostile, "price": "500", "was_price": "500", "active": "1"])
            let order = try await world.order(by: eve, product: "evil")
            for path in [
                "/admin/orders", "/admin/orders/\(order.id)", "/admin/products", "/admin/products/evil",
                "/admin/orders/\(order.id)/cancel", "/admin/orders?user=\(PercentCoding.encode("<script>\"@x"))",
                "/admin/dead-letters?kind=\(PercentCoding.encode(hostile))",
                "/admin/orders?done=\(PercentCoding.encode(hostile))",
                "/admin/login?return=\(PercentCoding.encode("/admin/\"><script>"))",
            ] {
                let page = await browser.get(path)
                #expect(!page.text.contains("<script"), "\(path)")
                #expect(!page.text.contains("<img"), "\(path)")
            }
            #expect(await browser.get("/admin/orders").text.contains("o&#39;eve&amp;amp=$x@example.com"))
            #expect(await browser.get("/admin/products").text.contains("&lt;script&gt;"))
        }
    }

    @Test func `orders are paged and filtered, and a filter that cannot be is told`() async throws {
        try await run { world, browser, buyer in
            let another = try await world.buyer("another")
            for number in 0..<25 { _ = try await world.order(by: number < 13 ? buyer : another) }
            _ = try await world.buy(by: buyer)
            func numbers(_ page: Browser.Page) -> [Int] {
                page.text.matches(of: /#(\d+)</).compactMap { Int($0.1) }
            }
            let first = await browser.get("/admin/orders")
            #expect(numbers(first) == Array((7...26).reversed()))
            let next = try #require(first.text.firstMatch(of: /href="(\/admin\/orders\?cursor=[0-9]+)"/)?.1)
            #expect(numbers(await browser.get(String(next))) == Array((1...6).reversed()))
            #expect(numbers(await browser.get("/admin/orders?status=paid&user=BUYER%40example.com&number=")) == [26])
            #expect(numbers(await browser.get("/admin/orders?number=3")) == [3])
            let none = await browser.get("/admin/orders?user=nobody%40example.com")
            #expect(none.status == 200 && none.text.contains("ありません。"))
            #expect(numbers(await browser.get("/admin/orders?number=%233")) == [3])
            for wrong in ["user=nobody", "number=x", "status=lost"] {
                let page = await browser.get("/admin/orders?\(wrong)")
                #expect(page.status == 400)
                #expect(page.text.contains("role=\"alert\""))
            }
            #expect(await browser.get("/admin/orders/999").status == 404)
            #expect(await browser.get("/admin/orders/nonsense").status == 404)
        }
    }

    @Test func `an order's page tells its money, its times and its story`() async throws {
        try await run { world, browser, buyer in
            let (order, intent) = try await world.buy(2, by: buyer)
            let page = await browser.get("/admin/orders/\(order.number)")
            let chief = try await world.again("operator@example.com")
            let at = try #require(
                await world.send("GET", "/api/orders/\(order.id)", token: buyer.token)["paid_at"]?.string)
            let moment = try #require(Timestamp(rfc3339: at))
            let local = moment.adding(.seconds(9 * 3600)).rfc3339
            for text in [
                "¥1,960", "支払い済み", "buyer@example.com", intent, "title=\"\(at) (UTC)\"",
                "\(local.prefix(10)) \(local.dropFirst(11).prefix(5))",
            ] { #expect(page.text.contains(text), "\(text)") }
            let story = await world.story(order, by: chief)
            #expect(story.count > 5)
            #expect(page.text.matches(of: /<li>/).count == story.count)
            for line in story { #expect(page.text.contains(line["what"]?.string ?? "?")) }
        }
    }

    @Test func `the history of payments has the totals of its page and a file`() async throws {
        try await run { world, browser, buyer in
            let (_, intent) = try await world.buy(2, by: buyer)
            _ = try await world.buy(by: buyer)
            let canceled = try await world.order(by: buyer)
            _ = try await world.payDirectly(canceled, amount: 100)
            await world.deliver()
            let page = await browser.get("/admin/payments")
            for text in ["¥2,940</span> (2)", "¥100</span> (1)", "要返金"] { #expect(page.text.contains(text), "\(text)") }
            let file = await browser.get("/admin/payments.csv")
            #expect(file.headers["Content-Type"] == "text/csv; charset=utf-8")
            #expect(file.headers["Content-Disposition"] == "attachment; filename=\"payments.csv\"")
            let lines = file.text.split(separator: "\r\n")
            #expect(lines.count == 4)
            #expect(lines.last?.contains(",1,") == true && lines.last?.contains(",1960,jpy,yes,\(intent),") == true)
        }
    }

    @Test func `a page speaks the browser's language`() async throws {
        try await run { _, browser, _ in
            for (asked, language, word) in [
                ("", "ja", "注文"), ("en", "en", "Orders"), ("en-GB,ja;q=0.8", "en", "Orders"),
                ("fr, ja;q=0.5, en;q=0.4", "ja", "注文"), ("de", "ja", "注文"), ("ja;q=0, en;q=0.1", "en", "Orders"),
            ] {
                let page = await browser.get("/admin/orders", headers: ["Accept-Language": asked])
                #expect(page.text.contains("<html lang=\"\(language)\">"), "\(asked)")
                #expect(page.text.contains("<h1>\(word)</h1>"), "\(asked)")
            }
        }
    }

    @Test func `the start page leads to the operators' screen`() async throws {
        try await World.run(on: .sqlite) { world in
            #expect(await Browser(world).get("/").text.contains("href=\"/admin\""))
        }
    }
}
