import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// S3-NEXT-03: products, reviews and dead letters on the operators' pages.
@Suite struct AdminChoresTests {
    private func run(_ body: (World, Browser, _ buyer: Person) async throws -> Void) async throws {
        try await World.run(on: .sqlite) { world in
            try await world.stockShop()
            _ = try await world.operator()
            let buyer = try await world.buyer()
            let browser = Browser(world)
            await browser.logIn()
            try await body(world, browser, buyer)
        }
    }

    @Test func `a product is added once, and what cannot be is told beside what was typed`() async throws {
        try await run { world, browser, _ in
            let form = await browser.get("/admin/add-product")
            let fields = [
                "id": "hojicha", "name": "ほうじ茶", "description": "一行目\r\n二行目", "price": "¥1,280",
                "currency": "jpy", "stock": "30", "active": "1",
            ]
            for _ in 0..<2 {
                #expect(
                    await browser.submit(form, to: "/admin/add-product", fields).location
                        == "/admin/products?done=added")
            }
            let again = await browser.submit(await browser.get("/admin/add-product"), to: "/admin/add-product", fields)
            #expect(again.status == 409)
            #expect(again.text.contains("value=\"ほうじ茶\""))
            for (name, value) in [
                ("price", ""), ("price", "0"), ("price", "1.5"), ("price", "x"), ("stock", "-1"), ("stock", "many"),
                ("currency", "yen"), ("currency", "j"), ("name", ""), ("id", "a b"),
            ] {
                var wrong = fields.merging(["id": "other"]) { $1 }
                wrong[name] = value
                let page = await browser.submit(
                    await browser.get("/admin/add-product"), to: "/admin/add-product", wrong)
                #expect(page.status == 400, "\(name) \(value)")
                #expect(page.text.contains("role=\"alert\""))
            }
            let product = await world.send(
                "GET", "/api/admin/products/hojicha", token: try await world.again("operator@example.com").token)
            #expect(product["unit_amount"]?["amount"] == 1280)
            #expect(product["description"] == "一行目\n二行目")
            #expect(try await audited("product.created", "hojicha", world) == 1)
        }
    }

    @Test func `a price has the places of its currency`() async throws {
        try await run { world, browser, _ in
            let prices: [(typed: String, minor: Int64, shown: String)] = [
                ("9.80", 980, "9.80"), ("1,000", 100_000, "1000.00"), ("0.5", 50, "0.50"),
            ]
            for (price, minor, shown) in prices {
                let form = await browser.get("/admin/add-product")
                let id = "cup-\(minor)"
                let fields = ["id": id, "name": "Cup", "price": price, "currency": "usd", "active": "1"]
                #expect(await browser.submit(form, to: "/admin/add-product", fields).status == 303)
                let page = await browser.get("/admin/products/\(id)")
                #expect(page.hidden("was_price") == shown)
                let chief = try await world.again("operator@example.com")
                let product = await world.send("GET", "/api/admin/products/\(id)", token: chief.token)
                #expect(product["unit_amount"]?["amount"]?.int == minor)
            }
        }
    }

    @Test func `only what was changed of a product is sent, so that the stock stays what orders left`() async throws {
        try await run { world, browser, buyer in
            let form = await browser.get("/admin/products/tea")
            func fields(_ changes: [String: String]) -> [String: String] {
                var fields = ["active": "1", "name": "煎茶", "description": "", "price": "980", "stock": "100"]
                for name in ["was_name", "was_description", "was_price", "was_stock", "was_active", "was_currency"] {
                    fields[name] = form.hidden(name)
                }
                return fields.merging(changes) { $1 }
            }
            _ = try await world.order(10, by: buyer)
            let saved = await browser.submit(form, to: "/admin/products/tea", fields(["price": "1,080"]))
            #expect(saved.location == "/admin/products/tea?done=saved")
            #expect(await world.teaLeft() == 90)
            _ = await browser.submit(form, to: "/admin/products/tea", fields(["price": "1,080"]))
            #expect(try await audited("product.changed", "tea", world) == 1)
            _ = await browser.submit(form, to: "/admin/products/tea", fields(["stock": ""]))
            let page = await browser.get("/admin/products/tea")
            #expect(page.hidden("was_stock")?.isEmpty == true)
            #expect(page.hidden("was_price") == "1080")
            var off = fields([:])
            off["active"] = nil
            _ = await browser.submit(form, to: "/admin/products/tea", off)
            #expect(await browser.get("/admin/products").text.contains("停止中"))
            let wrong = await browser.submit(form, to: "/admin/products/tea", fields(["price": "free"]))
            #expect(wrong.status == 400)
            #expect(wrong.text.contains("value=\"free\""))
            #expect(await browser.get("/admin/products/nothing").status == 404)
        }
    }

    @Test func `a review is resolved once, and not before its money went back`() async throws {
        try await run { world, browser, buyer in
            let order = try await world.order(by: buyer)
            let intent = try await world.payDirectly(order, amount: 100)
            await world.deliver()
            let list = await browser.get("/admin/reviews")
            #expect(list.text.contains("金額が違う"))
            let path = try #require(list.text.firstMatch(of: /href="(\/admin\/reviews\/[0-9a-f-]+\/resolve)/)?.1)
            let form = await browser.get(String(path))
            let early = await browser.submit(form, to: String(path), ["note": "返した"])
            #expect(early.status == 409)
            let refund = "/admin/orders/\(order.id)/refund"
            let confirm = await browser.get("\(refund)?confirm=1")
            _ = await browser.submit(
                confirm, to: refund, ["amount": "100", "reason": "requested_by_customer", "payment": intent])
            for _ in 0..<2 {
                let done = await browser.submit(form, to: String(path), ["note": "返した"])
                #expect(done.location == "/admin/reviews?done=resolved")
            }
            #expect(try await audited("review.resolved", order.id, world) == 1)
            #expect(await browser.get("/admin/reviews").text.contains("ありません。"))
            let resolved = await browser.get("/admin/reviews?status=resolved&kind=amount_mismatch")
            #expect(resolved.text.contains("返した"))
            let unknown = "/admin/reviews/x/resolve"
            #expect(await browser.submit(await browser.get(unknown), to: unknown, ["note": "n"]).status == 404)
            #expect(await browser.submit(form, to: String(path), ["note": "other"]).status == 422)
        }
    }

    @Test func `a dead letter is done again once`() async throws {
        try await run { world, browser, buyer in
            let order = try await world.order(by: buyer)
            let id = "019aa000-0000-7000-8000-00000000000d"
            let now = world.clock.now()
            try await world.database.write { tx in
                try tx.execute(
                    """
                    INSERT INTO jobs (id, kind, arguments, subject, state, attempt, fence, created_at_ms, run_at_ms,
                        finished_at_ms, last_error)
                    VALUES (\(id), 'payments.apply_event', '{}', \(order.id), 'dead', 28, 28, \(now), \(now), \(now),
                        '<b>broken</b>')
                    """)
            }
            let list = await browser.get("/admin/dead-letters")
            #expect(list.text.contains("&lt;b&gt;broken") && list.text.contains("href=\"/admin/orders/\(order.id)\""))
            let path = "/admin/dead-letters/\(id)/replay"
            for _ in 0..<2 {
                #expect(await browser.submit(list, to: path).location == "/admin/dead-letters?done=replayed")
            }
            let proofs = ["form_token": try #require(list.hidden("form_token")), "form_key": "another-form"]
            let late = await browser.post(path, proofs)
            #expect(late.status == 404)
            #expect(await browser.get(path).location == "/admin/dead-letters")
            #expect(await browser.get("/admin/dead-letters?kind=other").text.contains("ありません。"))
        }
    }

    private func audited(_ action: String, _ subject: String, _ world: World) async throws -> Int64 {
        try await world.database.read { tx in
            try tx.row(
                """
                SELECT CAST(COUNT(*) AS BIGINT) AS entries FROM audit_entries
                WHERE action = \(action) AND subject_id = \(subject) AND actor_kind = 'user'
                """
            )?.int("entries") ?? 0
        }
    }
}
