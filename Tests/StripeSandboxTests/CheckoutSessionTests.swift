import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import StripeSchemas
import Testing

/// Opening, reading, ending Checkout Sessions.
@Suite struct CheckoutSessionTests {
    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `a session says what is sold, for how much, and where the page is`(version: String) async throws {
        let harness = Harness(version == StripeSchemas.old.version ? .old : .newest)
        harness.sandbox.publish(at: "http://pages.example")
        let session = try await Checkout.open(
            harness,
            [
                ("client_reference_id", "order-7"), ("metadata[order]", "7"), ("locale", "ja"),
                ("customer_email", "hana@example.com"), ("submit_type", "pay"), ("line_items[1][quantity]", "1"),
                ("line_items[1][price_data][currency]", "JPY"), ("line_items[1][price_data][unit_amount]", "40"),
                ("line_items[1][price_data][product_data][name]", "袋"), ("expand[]", "line_items"),
            ])
        #expect(session.id.hasPrefix("cs_test_"))
        #expect(session["amount_total"] == 2000 && session["amount_subtotal"] == 2000)
        #expect(session.status == "open" && session["payment_status"] == "unpaid")
        #expect(session["url"]?.string == "http://pages.example/_sandbox/checkout/\(session.id)")
        #expect(session["payment_intent"]?.isNull == true)
        #expect(session["customer_details"]?["email"] == "hana@example.com")
        #expect(session["ui_mode"]?.string == (version == StripeSchemas.old.version ? "hosted" : "hosted_page"))
        #expect(session["payment_method_types"] == ["card", "konbini"])
        #expect(session["line_items"]?["data"]?[1]?["description"] == "袋")
        #expect(session["expires_at"]?.int == (session["created"]?.int ?? 0) + 86_400)
        let items = try await harness.get(
            "/v1/checkout/sessions/\(session.id)/line_items", ["limit": "1", "expand[]": "data.price.product"])
        #expect(items["has_more"] == true)
        #expect(items["data"]?[0]?["price"]?["product"]?["name"] == "一日パス")
        #expect(items["data"]?[0]?["amount_total"] == 1960)
        let next = try await harness.get(
            "/v1/checkout/sessions/\(session.id)/line_items", ["starting_after": items["data"]?[0]?.id ?? ""])
        #expect(next["data"]?.array?.count == 1)
        #expect(try await harness.eventTypes() == [])
        let changed = try await harness.post("/v1/checkout/sessions/\(session.id)", ["metadata[more]": "8"])
        #expect(changed["metadata"] == ["order": "7", "more": "8"])
    }

    @Test func `creation under a key happens once`() async throws {
        let harness = Harness()
        let first = try await harness.send("POST", "/v1/checkout/sessions", raw: Checkout.raw(), key: "k")
        let again = try await harness.send("POST", "/v1/checkout/sessions", raw: Checkout.raw(), key: "k")
        #expect(again.json.id == first.json.id && again.headers["Idempotent-Replayed"] == "true")
        let other = try await harness.send(
            "POST", "/v1/checkout/sessions", raw: Checkout.raw([("locale", "en")]), key: "k")
        #expect(other.error?["type"] == "idempotency_error")
        #expect(try await harness.get("/v1/checkout/sessions")["data"]?.array?.count == 1)
    }

    @Test func `prices and customers of the account are used`() async throws {
        let harness = Harness()
        let price = try await harness.post(
            "/v1/prices", ["currency": "jpy", "product_data[name]": "年間", "unit_amount": "9800"])
        let customer = try await harness.post("/v1/customers", ["email": "ken@example.com"])
        let session = try await Checkout.open(
            harness,
            [
                ("line_items[0][price]", price.id), ("customer", customer.id), ("line_items[0][quantity]", "1"),
                ("line_items[0][adjustable_quantity][enabled]", "true"), ("expand[]", "customer"),
                ("line_items[0][adjustable_quantity][minimum]", "1"), ("mode", "payment"),
                ("success_url", Checkout.success),
            ], without: Set(Checkout.form.map(\.0)))
        #expect(session["customer"]?["email"] == "ken@example.com")
        #expect(session["customer_email"] == "ken@example.com")
        #expect(session["customer_creation"]?.isNull == true)
        #expect(session["cancel_url"]?.isNull == true)
        let list = try await harness.get("/v1/checkout/sessions", ["customer": customer.id, "status": "open"])
        #expect(list["data"]?.array?.count == 1)
        let byMail = try await harness.get(
            "/v1/checkout/sessions", ["customer_details[email]": "ken@example.com", "expand[]": "data.line_items"])
        #expect(byMail["data"]?[0]?["line_items"]?["data"]?[0]?["adjustable_quantity"]?["maximum"] == 99)
        #expect(try await harness.get("/v1/checkout/sessions", ["status": "expired"])["data"] == [])
        _ = try await harness.post("/v1/prices/\(price.id)", ["active": "false"])
        let inactive = try await harness.send(
            "POST", "/v1/checkout/sessions",
            [
                "mode": "payment", "success_url": Checkout.success, "line_items[0][price]": price.id,
                "line_items[0][quantity]": "1",
            ])
        #expect(inactive.param == "line_items[0][price]")
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var more: [(String, String)] = []
        var without: Set<String> = []
        var code: String?
        let param: String?
        var testDescription: String { "\(more) \(without)" }
    }

    private static let item = "line_items[0][price_data]"

    @Test(arguments: [
        Wrong(more: [("mode", "subscription")], without: ["mode"], param: "mode"),
        Wrong(more: [("mode", "setup")], without: ["mode"], param: "mode"),
        Wrong(without: ["mode"], code: "parameter_missing", param: "mode"),
        Wrong(without: ["success_url"], code: "parameter_missing", param: "success_url"),
        Wrong(more: [("success_url", "nowhere")], without: ["success_url"], code: "url_invalid", param: "success_url"),
        Wrong(
            more: [("success_url", "javascript://x/%0Aalert(1)")], without: ["success_url"], code: "url_invalid",
            param: "success_url"),
        Wrong(
            more: [("cancel_url", "https://a b")], without: ["cancel_url"], code: "url_invalid", param: "cancel_url"),
        Wrong(
            without: Set(Checkout.form.map(\.0).filter { $0.hasPrefix("line") }), code: "parameter_missing",
            param: "line_items"),
        Wrong(without: ["line_items[0][quantity]"], code: "parameter_missing", param: "line_items[0][quantity]"),
        Wrong(
            more: [("line_items[0][quantity]", "0")], without: ["line_items[0][quantity]"],
            code: "parameter_invalid_integer", param: "line_items[0][quantity]"),
        Wrong(
            more: [("\(item)[unit_amount]", "24")], without: ["\(item)[unit_amount]"], code: "amount_too_small",
            param: nil),
        Wrong(
            more: [("\(item)[unit_amount]", "99999999")], without: ["\(item)[unit_amount]"], code: "amount_too_large",
            param: nil),
        Wrong(more: [("line_items[0][price]", "price_x")], code: "parameters_exclusive", param: "\(item)"),
        Wrong(
            more: [("line_items[1][price]", "price_x"), ("line_items[1][quantity]", "1")], code: "resource_missing",
            param: "line_items[1][price]"),
        Wrong(more: [("line_items[1][quantity]", "1")], code: "parameter_missing", param: "line_items[1][price]"),
        Wrong(more: [("\(item)[recurring][interval]", "month")], param: "\(item)"),
        Wrong(more: [("\(item)[colour]", "red")], code: "parameter_unknown", param: "\(item)[colour]"),
        Wrong(more: [("colour", "red")], code: "parameter_unknown", param: "colour"),
        Wrong(more: [("currency", "usd")], param: "line_items"),
        Wrong(more: [("customer", "cus_x")], code: "resource_missing", param: "customer"),
        Wrong(
            more: [("customer", "c"), ("customer_email", "a@b.c")], code: "parameters_exclusive",
            param: "customer_email"),
        Wrong(more: [("customer_email", "nobody")], code: "email_invalid", param: "customer_email"),
        Wrong(more: [("client_reference_id", String(repeating: "x", count: 201))], param: "client_reference_id"),
        Wrong(more: [("ui_mode", "embedded_page")], param: "ui_mode"),
        Wrong(more: [("ui_mode", "hosted")], param: "ui_mode"),
        Wrong(more: [("submit_type", "subscribe")], param: "submit_type"),
        Wrong(more: [("allow_promotion_codes", "true")], param: "allow_promotion_codes"),
        Wrong(more: [("automatic_tax[enabled]", "true")], param: "automatic_tax[enabled]"),
        Wrong(more: [("billing_address_collection", "required")], param: "billing_address_collection"),
        Wrong(more: [("payment_method_collection", "always")], param: "payment_method_collection"),
        Wrong(more: [("custom_text[submit][message]", "x")], param: "custom_text"),
        Wrong(more: [("allowed_payment_method_types[]", "alipay")], param: "allowed_payment_method_types"),
        Wrong(
            more: [("excluded_payment_method_types[]", "card"), ("excluded_payment_method_types[]", "konbini")],
            param: "allowed_payment_method_types"),
        Wrong(
            more: [("payment_method_types[]", "card")], code: "payment_method_types_no_longer_supported",
            param: "payment_method_types"),
        Wrong(
            more: [
                ("line_items[0][adjustable_quantity][enabled]", "true"),
                ("line_items[0][adjustable_quantity][minimum]", "3"),
            ], param: "line_items[0][adjustable_quantity]"),
        Wrong(more: [("expand[]", "customer.friends")], param: "expand[0]"),
    ])
    func `a wrong session is refused by name and nothing is kept`(wrong: Wrong) async throws {
        let harness = Harness()
        let answer = try await harness.send(
            "POST", "/v1/checkout/sessions", raw: Checkout.raw(wrong.more, without: wrong.without))
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.code == wrong.code, "\(answer.text)")
        #expect(answer.param == wrong.param, "\(answer.text)")
        let state = try await harness.control("GET", "/state").json
        #expect(state["products"] == 0 && state["prices"] == 0 && state["checkout_sessions"] == 0)
    }

    @Test func `what does not fit is refused whole`() async throws {
        let harness = Harness { $0.objectsMax = 1 }
        let name = "line_items[1][price_data]"
        let more = [
            ("\(name)[currency]", "jpy"), ("\(name)[unit_amount]", "1"), ("\(name)[product_data][name]", "袋"),
            ("line_items[1][quantity]", "1"),
        ]
        let refused = try await harness.send("POST", "/v1/checkout/sessions", raw: Checkout.raw(more))
        #expect(refused.status == 429)
        #expect(try await harness.control("GET", "/state").json["products"] == 0)
        _ = try await Checkout.open(harness)
        #expect(try await harness.send("POST", "/v1/checkout/sessions", raw: Checkout.raw()).status == 429)
    }

    @Test func `types of methods are named before endive and narrowed since`() async throws {
        let harness = Harness()
        let before = try await Checkout.open(
            harness, [("payment_method_types[]", "card"), ("ui_mode", "hosted")], version: "2024-06-20")
        #expect(before["payment_method_types"] == ["card"])
        let allowed = try await Checkout.open(harness, [("allowed_payment_method_types[]", "konbini")])
        #expect(allowed["payment_method_types"] == ["konbini"])
        let excluded = try await Checkout.open(harness, [("excluded_payment_method_types[]", "konbini")])
        #expect(excluded["payment_method_types"] == ["card"])
        let held = try await Checkout.open(harness, [("payment_intent_data[capture_method]", "manual")])
        #expect(held["payment_method_types"] == ["card"])
    }

    @Test(arguments: ["timekeeper://paid?s={CHECKOUT_SESSION_ID}", "http://127.0.0.1:1/x", "com.example.app://done"])
    func `an app's own address is a way back too`(url: String) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness, [("success_url", url)], without: ["success_url"])
        let paid = try await Checkout.pay(harness, session)
        #expect(paid.json["url"]?.string == url.replacing("{CHECKOUT_SESSION_ID}", with: session.id))
    }

    @Test(arguments: [(1799, "at least 30 minutes"), (86_401, "less than 24 hours"), (-5, "at least 30 minutes")])
    func `a session is open between half an hour and a day`(seconds: Int64, words: String) async throws {
        let harness = Harness()
        let at = harness.clock.now().epochSeconds + seconds
        let answer = try await harness.send(
            "POST", "/v1/checkout/sessions", raw: Checkout.raw([("expires_at", "\(at)")]))
        #expect(answer.param == "expires_at")
        #expect(answer.error?["message"]?.string?.contains(words) == true)
    }

    @Test func `time ends a session, once`() async throws {
        let harness = Harness()
        let at = harness.clock.now().epochSeconds + 1800
        let session = try await Checkout.open(harness, [("expires_at", "\(at)")])
        let declined = try await Checkout.pay(harness, session, ["card": "4000000000000002"])
        #expect(declined.json["outcome"] == "declined")
        await harness.advance(.seconds(1799))
        #expect(try await Checkout.read(harness, session).status == "open")
        await harness.advance(.seconds(1))
        let ended = try await Checkout.read(harness, session)
        #expect(ended.status == "expired" && ended["url"]?.isNull == true)
        #expect(ended["payment_intent"]?.status == "canceled")
        #expect(harness.hook.types.suffix(2) == ["checkout.session.expired", "payment_intent.canceled"])
        let expired = try await harness.send("POST", "/v1/checkout/sessions/\(session.id)/expire")
        #expect(expired.status == 400)
        #expect(try await Checkout.pay(harness, session).status == 400)
        await harness.advance(.seconds(90_000))
        #expect(harness.hook.types.filter { $0 == "checkout.session.expired" }.count == 1)
    }

    @Test func `a merchant ends a session that is open, and no other`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let path = "/v1/checkout/sessions/\(session.id)/expire"
        #expect(try await harness.post(path).status == "expired")
        #expect(try await harness.eventTypes() == ["checkout.session.expired"])
        #expect(try await harness.send("POST", path).status == 400)
        let paid = try await Checkout.open(harness)
        _ = try await Checkout.pay(harness, paid)
        #expect(try await harness.send("POST", "/v1/checkout/sessions/\(paid.id)/expire").status == 400)
        for path in ["", "/expire", "/line_items"] {
            let method = path == "/expire" ? "POST" : "GET"
            let none = try await harness.send(method, "/v1/checkout/sessions/cs_x\(path)")
            #expect(none.status == 404 && none.code == "resource_missing")
        }
    }
}
