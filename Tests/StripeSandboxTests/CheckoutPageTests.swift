import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

@testable import StripeSandbox

/// The page of a Checkout Session, by its HTML and its form.
@Suite struct CheckoutPageTests {
    private let attack = "<script>alert('x')</script>\"&"
    private static let card = [
        ("method", "card"), ("email", "hana@example.com"), ("card_number", "4242 4242 4242 4242"),
        ("card_expiry", "12 / 34"), ("card_cvc", "123"), ("card_name", "HANA SUZUKI"),
    ]

    private func page(_ harness: Harness, _ session: JSONValue, language: String? = nil) async throws -> Answer {
        var headers: HTTPHeaders = [:]
        if let language { headers["Accept-Language"] = language }
        let request = HTTPClientRequest(
            method: "GET", url: Harness.api + "/_sandbox/checkout/\(session.id)", headers: headers)
        return Answer(try await harness.transport.send(request))
    }

    private func press(
        _ harness: Harness, _ session: JSONValue, _ changes: [String: String] = [:]
    ) async throws -> Answer {
        let form = Self.card.map { "\($0.0)=\(PercentCoding.encode(changes[$0.0] ?? $0.1))" }
        return try await harness.control("POST", "/checkout/\(session.id)", form: form.joined(separator: "&"))
    }

    @Test func `the page shows what is bought in the merchant's language and escapes it`() async throws {
        let harness = Harness()
        let name = "line_items[0][price_data][product_data][name]"
        let session = try await Checkout.open(
            harness, [("locale", "ja"), (name, attack), ("customer_email", "hana@example.com")], without: [name])
        let page = try await page(harness, session, language: "en")
        #expect(page.status == 200 && page.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(page.headers["Content-Security-Policy"]?.hasPrefix("default-src 'none'") == true)
        #expect(page.headers["Content-Security-Policy"]?.contains("form-action") == false)
        #expect(page.text.contains("<html lang=\"ja\">") && page.text.contains("name=\"viewport\""))
        #expect(page.text.contains("¥1,960を支払う") && page.text.contains("¥980 × 2"))
        #expect(page.text.contains("&lt;script&gt;") && !page.text.contains("<script"))
        #expect(page.text.contains("value=\"hana@example.com\"") && page.text.contains("readonly"))
        #expect(page.text.contains("href=\"\(Checkout.cancel)\""))
        for id in ["email", "card_number", "card_expiry", "card_cvc", "card_name", "pay", "back", "method_konbini"] {
            #expect(page.text.contains("id=\"\(id)\""))
        }
    }

    @Test(arguments: [
        (nil, "ja,en;q=0.8", "ja"), (nil, "en-US,ja;q=0.5", "en"), (nil, "fr, ja;q=0.4, en;q=0.7", "en"),
        (nil, "fr", "en"), (nil, nil, "en"), ("auto", "ja-JP", "ja"), ("en-GB", "ja", "en"), ("de", "ja", "en"),
        ("ja", nil, "ja"), (nil, "en;q=0, ja;q=0.001", "ja"), (nil, "ja;q=x,en;q=", "en"),
    ])
    func `a page has the merchant's language or the browser's`(
        locale: String?, browser: String?, language: String
    ) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness, locale.map { [("locale", $0)] } ?? [])
        let text = try await page(harness, session, language: browser).text
        #expect(text.contains("<html lang=\"\(language)\">"))
    }

    @Test(arguments: [("pay", "Pay ¥1,960"), ("book", "Book for ¥1,960"), ("donate", "Donate ¥1,960")])
    func `the button says what it does`(type: String, words: String) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness, [("submit_type", type)], without: ["cancel_url"])
        let text = try await page(harness, session).text
        #expect(text.contains(words) && !text.contains("id=\"back\""))
    }

    @Test func `a good card pays, and a second press pays no second time`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let home = "https://shop.example/thanks?session=\(session.id)"
        for _ in 0..<2 {
            let back = try await press(harness, session)
            #expect(back.status == 303 && back.headers["Location"] == home)
        }
        #expect(try await harness.get("/v1/charges")["data"]?.array?.count == 1)
        let done = try await Checkout.read(harness, session)
        #expect(done["payment_status"] == "paid" && done["customer_details"]?["name"] == "HANA SUZUKI")
        let again = try await page(harness, session)
        #expect(again.status == 200 && again.text.contains("id=\"continue\"") && again.text.contains(home))
    }

    @Test func `an app is returned to by its own address`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(
            harness, [("success_url", "timekeeper://paid/{CHECKOUT_SESSION_ID}")], without: ["success_url"])
        #expect(try await press(harness, session).headers["Location"] == "timekeeper://paid/\(session.id)")
    }

    @Test(arguments: [
        ("4000000000000002", "Your card was declined."), ("4000000000009995", "insufficient funds"),
        ("4000000000009987", "Your card was declined."), ("4000000000000069", "expired"),
        ("4000000000000127", "security code is incorrect"), ("4000000000000119", "could not be processed"),
        ("4000000000006975", "too often"),
    ])
    func `a refusal is told by its reason and the buyer tries again`(number: String, words: String) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let refused = try await press(harness, session, ["card_number": number])
        #expect(refused.status == 303 && refused.headers["Location"] == session["url"]?.string)
        let told = try await page(harness, session)
        #expect(told.text.contains("role=\"alert\"") && told.text.contains(words))
        #expect(told.text.contains("value=\"hana@example.com\"") && !told.text.contains(number))
        #expect(try await press(harness, session).headers["Location"]?.hasPrefix("https://shop.example") == true)
    }

    @Test(
        arguments: [
            (["email": "nobody"], ["email"]), (["email": ""], ["email"]),
            (["card_number": "4242424242424241"], ["card_number"]),
            (["card_number": ""], ["card_number"]), (["card_number": "4929000000006"], ["card_number"]),
            (["card_expiry": "13/34"], ["card_expiry"]), (["card_expiry": "12/20"], ["card_expiry"]),
            (["card_expiry": "soon"], ["card_expiry"]), (["card_expiry": ""], ["card_expiry"]),
            (["card_cvc": "12"], ["card_cvc"]), (["card_cvc": ""], ["card_cvc"]), (["card_cvc": "12345"], ["card_cvc"]),
            (["card_name": " "], ["card_name"]), (["method": "cash"], ["method"]),
            (
                ["email": "", "card_number": "1", "card_expiry": "1", "card_cvc": "x", "card_name": ""],
                ["email", "card_number", "card_expiry", "card_cvc", "card_name"]
            ),
        ] as [([String: String], [String])])
    func `what is mistyped is told at its field and charges nothing`(
        changes: [String: String], fields: [String]
    ) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let answer = try await press(harness, session, changes)
        #expect(answer.status == 422)
        for name in CheckoutForm.Field.allCases.map(\.rawValue) {
            #expect(answer.text.contains("id=\"\(name)_fault\"") == fields.contains(name), "\(name)")
        }
        #expect(!answer.text.contains("value=\"4242") && !answer.text.contains("value=\"123\""))
        #expect(try await harness.eventTypes() == [])
    }

    @Test func `what is typed is escaped when it comes back`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let answer = try await press(harness, session, ["email": attack, "card_name": attack])
        #expect(answer.text.contains("&lt;script&gt;") && !answer.text.contains("<script"))
        let empty = try await harness.control("POST", "/checkout/\(session.id)", form: "%zz")
        #expect(empty.status == 422)
    }

    @Test func `the merchant's address for mail is the buyer's`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness, [("customer_email", "real@example.com")])
        _ = try await press(harness, session, ["email": "other@example.com"])
        #expect(try await Checkout.read(harness, session)["customer_details"]?["email"] == "real@example.com")
    }

    @Test func `3-D Secure goes to the bank and comes back to the shop`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let asked = try await press(harness, session, ["card_number": "4000000000003220"])
        #expect(asked.status == 303)
        let path = (asked.headers["Location"] ?? "").replacing("http://127.0.0.1:12111/_sandbox", with: "")
        #expect(try await harness.control("GET", path).text.contains("本人認証"))
        let failed = try await harness.control("POST", path, form: "outcome=fail")
        #expect(failed.headers["Location"] == session["url"]?.string)
        #expect(try await page(harness, session).text.contains("We could not verify"))
        _ = try await press(harness, session, ["card_number": "4000000000003220"])
        let back = try await harness.control("POST", path, form: "outcome=complete")
        #expect(back.headers["Location"] == "https://shop.example/thanks?session=\(session.id)")
        #expect(try await harness.get("/v1/charges")["data"]?.array?.count == 1)
    }

    @Test(arguments: ["paid", "failed"])
    func `a convenience store gives a number, a way back, and the money later`(outcome: String) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness, [("locale", "ja")])
        let sent = try await press(
            harness, session,
            ["method": "konbini", "card_number": "", "card_expiry": "", "card_cvc": "", "card_name": ""])
        #expect(sent.status == 303)
        let url = sent.headers["Location"] ?? ""
        let path = url.replacing("http://127.0.0.1:12111/_sandbox", with: "")
        #expect(path.hasPrefix("/vouchers/pi_"))
        let again = try await page(harness, session)
        #expect(again.status == 303 && again.headers["Location"] == url)
        let voucher = try await harness.control("GET", path)
        let intent = try await Checkout.read(harness, session)["payment_intent"]
        let details = intent?["next_action"]?["konbini_display_details"]
        #expect(details?["hosted_voucher_url"]?.string == url)
        #expect(voucher.text.contains(details?["stores"]?["lawson"]?["payment_code"]?.string ?? "?"))
        #expect(voucher.text.contains("https://shop.example/thanks?session=\(session.id)"))
        #expect(voucher.text.contains("23:59 (JST)"))
        #expect(try await harness.control("POST", path, form: "outcome=what").status == 400)
        let settled = try await harness.control("POST", path, form: "outcome=\(outcome)")
        #expect(settled.status == 303 && settled.headers["Location"] == url)
        let told = try await harness.control("GET", path).text
        #expect(told.contains(outcome == "paid" ? "お支払いが完了しました" : "使えません"))
        #expect(try await harness.control("POST", path, form: "outcome=paid").status == 200)
        let last = try await harness.eventTypes().last
        #expect(last == "checkout.session.async_payment_" + (outcome == "paid" ? "succeeded" : "failed"))
        #expect(try await page(harness, session).status == 200)
    }

    @Test func `a card alone is not a choice`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness, [("allowed_payment_method_types[]", "card")])
        let text = try await page(harness, session).text
        #expect(!text.contains("type=\"radio\"") && text.contains("type=\"hidden\" name=\"method\" value=\"card\""))
        #expect(try await press(harness, session, ["method": "konbini"]).status == 422)
    }

    @Test func `an expired session and an unknown one have their pages`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness, [("locale", "ja")])
        _ = try await harness.post("/v1/checkout/sessions/\(session.id)/expire")
        for answer in [try await page(harness, session), try await press(harness, session)] {
            #expect(answer.status == 200 && answer.text.contains("有効期限が切れました"))
            #expect(answer.text.contains("href=\"\(Checkout.cancel)\""))
        }
        #expect(try await harness.eventTypes() == ["checkout.session.expired"])
        for path in ["/checkout/cs_x", "/vouchers/pi_x"] {
            #expect(try await harness.control("GET", path).status == 404)
            #expect(try await harness.control("POST", path, form: "a=b").status == 404)
        }
        #expect(try await harness.control("POST", "/checkout/sessions/cs_x/pay").status == 404)
    }

    @Test func `a payment of its own has a number's page without a shop`() async throws {
        let harness = Harness()
        let waiting = try await DelayedPaymentTests.konbini(harness)
        let page = try await harness.control("GET", "/vouchers/\(waiting.id)")
        #expect(page.status == 200 && !page.text.contains("id=\"continue\""))
        _ = try await DelayedPaymentTests.settle(harness, waiting.id, "processing")
        #expect(try await harness.control("GET", "/vouchers/\(waiting.id)").text.contains("on its way"))
        let bank = try await harness.control("GET", "/3ds/\(waiting.id)")
        #expect(bank.text.contains("already finished"))
    }
}
