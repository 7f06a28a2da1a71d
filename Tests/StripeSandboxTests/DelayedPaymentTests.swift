import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import StripeSchemas
import Testing

/// Payments whose money comes later: convenience stores, and banks that take their time.
@Suite struct DelayedPaymentTests {
    static func konbini(_ harness: Harness) async throws -> JSONValue {
        try await harness.post(
            "/v1/payment_intents",
            [
                "amount": "980", "currency": "jpy", "payment_method_data[type]": "konbini", "confirm": "true",
                "payment_method_data[billing_details][email]": "hana@example.com",
                "return_url": PaymentIntentTests.home,
            ])
    }

    static func settle(_ harness: Harness, _ id: String, _ outcome: String) async throws -> Answer {
        try await harness.control("POST", "/payment_intents/\(id)/settle", ["outcome": .string(outcome)])
    }

    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `a store gives a number to pay by, and the money comes when it was paid`(version: String) async throws {
        let harness = Harness(version == StripeSchemas.old.version ? .old : .newest)
        let waiting = try await Self.konbini(harness)
        #expect(waiting.status == "requires_action")
        #expect(waiting["next_action"]?["type"] == "konbini_display_details")
        let details = waiting["next_action"]?["konbini_display_details"]
        #expect(details?["stores"]?["lawson"]?["payment_code"]?.string?.count == 11)
        #expect(waiting["latest_charge"]?.isNull == true)
        let paid = try await Self.settle(harness, waiting.id, "paid")
        #expect(paid.json.status == "succeeded")
        let charge = try await harness.get("/v1/charges/\(paid.json["latest_charge"]?.string ?? "")")
        #expect(charge.id.hasPrefix("py_") && charge["payment_method_details"]?["type"] == "konbini")
        let refund = try await harness.post("/v1/refunds", ["payment_intent": waiting.id])
        #expect(refund["destination_details"] == nil)
        let receipt = try await harness.control("GET", "/receipts/\(charge.id)")
        #expect(receipt.text.contains("コンビニ"))
        #expect(try await Self.settle(harness, waiting.id, "paid").code == "payment_intent_unexpected_state")
        #expect(
            try await harness.eventTypes().prefix(4) == [
                "payment_intent.created", "payment_intent.requires_action", "charge.succeeded",
                "payment_intent.succeeded",
            ])
        await harness.advance(.seconds(60))
    }

    @Test func `a store may know of the payment before the money comes`() async throws {
        let harness = Harness()
        let id = try await Self.konbini(harness).id
        #expect(try await Self.settle(harness, id, "processing").json.status == "processing")
        let pending = try await harness.get("/v1/payment_intents/\(id)", ["expand[]": "latest_charge"])
        #expect(pending["latest_charge"]?.status == "pending" && pending["processing"]?.isNull == true)
        #expect(try await Self.settle(harness, id, "processing").status == 400)
        let failed = try await Self.settle(harness, id, "failed").json
        #expect(failed.status == "requires_payment_method")
        #expect(failed["last_payment_error"]?["code"] == "payment_intent_payment_attempt_failed")
        let charge = try await harness.get("/v1/charges/\(failed["latest_charge"]?.string ?? "")")
        #expect(charge.id == pending["latest_charge"]?.id && charge.status == "failed")
    }

    @Test func `a number that nobody paid is no longer good after the third day in Japan`() async throws {
        let harness = Harness()
        let waiting = try await Self.konbini(harness)
        let details = waiting["next_action"]?["konbini_display_details"]
        let expiry = try #require(details?["expires_at"]?.int)
        #expect((expiry + 9 * 3600 + 1) % 86_400 == 0)
        let left = expiry - harness.clock.now().epochSeconds
        #expect((3 * 86_400..<4 * 86_400).contains(left))
        await harness.advance(.seconds(left))
        let expired = try await harness.get("/v1/payment_intents/\(waiting.id)")
        #expect(expired.status == "requires_payment_method")
        #expect(expired["last_payment_error"]?["code"] == "payment_intent_payment_attempt_expired")
        #expect(harness.hook.types.suffix(2) == ["charge.failed", "payment_intent.payment_failed"])
    }

    @Test func `a canceled number cannot be paid, and its end changes nothing`() async throws {
        let harness = Harness()
        let id = try await Self.konbini(harness).id
        #expect(try await harness.post("/v1/payment_intents/\(id)/cancel").status == "canceled")
        #expect(try await Self.settle(harness, id, "paid").status == 400)
        await harness.advance(.seconds(5 * 86_400))
        #expect(try await harness.get("/v1/payment_intents/\(id)").status == "canceled")
        #expect(try await harness.eventTypes().last == "payment_intent.canceled")
    }

    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `a bank may take its time: nothing can be done meanwhile`(version: String) async throws {
        let harness = Harness(version == StripeSchemas.old.version ? .old : .newest)
        let waiting = try await PaymentIntentTests.pay(harness, with: "pm_sandbox_processing").json
        #expect(waiting.status == "processing" && waiting["processing"]?["type"] == "card")
        let path = "/v1/payment_intents/\(waiting.id)"
        for (action, form) in [
            ("/cancel", [:]), ("/confirm", ["payment_method": "pm_card_visa"]), ("", ["amount": "1200"]),
            ("", ["payment_method": "pm_card_visa"]), ("/capture", [:]),
        ] as [(String, KeyValuePairs<String, String>)] {
            let refused = try await harness.send("POST", path + action, form)
            #expect(refused.status == 400)
            #expect(refused.code == "payment_intent_unexpected_state")
            #expect(refused.error?["payment_intent"]?.status == "processing")
        }
        #expect(try await harness.send("POST", "/v1/refunds", ["payment_intent": waiting.id]).status == 400)
        #expect(try await harness.post(path, ["metadata[a]": "b"]).status == "processing")
        let paid = try await Self.settle(harness, waiting.id, "paid").json
        #expect(paid.status == "succeeded" && paid["processing"]?.isNull == true)
        #expect(paid["latest_charge"]?.string == waiting["latest_charge"]?.string)
        await harness.advance(.zero)
        #expect(
            harness.hook.types == [
                "payment_intent.created", "charge.pending", "payment_intent.processing", "charge.succeeded",
                "payment_intent.succeeded",
            ])
    }

    @Test func `a bank that refuses at last leaves an intent that wants another card`() async throws {
        let harness = Harness()
        let waiting = try await PaymentIntentTests.pay(harness, with: "pm_card_sandboxProcessing").json
        let failed = try await Self.settle(harness, waiting.id, "failed").json
        #expect(failed.status == "requires_payment_method")
        #expect(failed["last_payment_error"]?["decline_code"] == "generic_decline")
        #expect(try await harness.eventTypes().suffix(2) == ["charge.failed", "payment_intent.payment_failed"])
        let paid = try await harness.post(
            "/v1/payment_intents/\(waiting.id)/confirm",
            ["payment_method": "pm_card_visa", "return_url": PaymentIntentTests.home])
        #expect(paid.status == "succeeded")
    }

    @Test func `a store takes yen within its bounds and never again`() async throws {
        let harness = Harness()
        func confirm(_ amount: String, _ currency: String, _ more: [(String, String)] = []) async throws -> Answer {
            let form = [
                ("amount", amount), ("currency", currency), ("payment_method_data[type]", "konbini"),
                ("confirm", "true"), ("return_url", PaymentIntentTests.home),
            ]
            let raw = (form + more).map { "\($0.0)=\($0.1)" }.joined(separator: "&")
            return try await harness.send("POST", "/v1/payment_intents", raw: raw)
        }
        for (amount, currency, more) in [
            ("119", "jpy", []), ("300001", "jpy", []), ("980", "usd", []),
            ("980", "jpy", [("capture_method", "manual")]),
            ("980", "jpy", [("setup_future_usage", "off_session")]),
        ] as [(String, String, [(String, String)])] {
            let refused = try await confirm(amount, currency, more)
            #expect(refused.code == "payment_intent_incompatible_payment_method")
        }
        let method = try await harness.post("/v1/payment_methods", ["type": "konbini"])
        #expect(method["type"] == "konbini" && method["card"] == nil)
        let customer = try await harness.post("/v1/customers").id
        let attached = try await harness.send("POST", "/v1/payment_methods/\(method.id)/attach", ["customer": customer])
        #expect(attached.status == 400)
    }

    @Test(arguments: [
        ("paid", "checkout.session.async_payment_succeeded"), ("failed", "checkout.session.async_payment_failed"),
    ])
    func `a session is complete before its money comes`(outcome: String, last: String) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let waiting = try await Checkout.pay(harness, session, ["method": "konbini"])
        #expect(waiting.json["outcome"] == "unpaid")
        let complete = try await Checkout.read(harness, session)
        #expect(complete.status == "complete" && complete["payment_status"] == "unpaid")
        let intent = complete["payment_intent"]?.id ?? ""
        #expect(try await Self.settle(harness, intent, outcome).status == 200)
        let settled = try await Checkout.read(harness, session)
        #expect(settled["payment_status"]?.string == (outcome == "paid" ? "paid" : "unpaid"))
        await harness.advance(.zero)
        #expect(
            harness.hook.types == [
                "payment_intent.created", "payment_intent.requires_action", "checkout.session.completed",
                outcome == "paid" ? "charge.succeeded" : "charge.failed",
                outcome == "paid" ? "payment_intent.succeeded" : "payment_intent.payment_failed", last,
            ])
    }

    @Test func `a card's bank may take its time in a session too`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        #expect(
            try await Checkout.pay(harness, session, ["payment_method": "pm_sandbox_processing"]).json["outcome"]
                == "unpaid")
        let intent = try await Checkout.read(harness, session)["payment_intent"]
        #expect(intent?.status == "processing")
        _ = try await Self.settle(harness, intent?.id ?? "", "paid")
        #expect(
            try await harness.eventTypes() == [
                "payment_intent.created", "charge.pending", "payment_intent.processing", "checkout.session.completed",
                "charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded",
            ])
    }

    @Test func `settling wants a known payment that waits, and a known outcome`() async throws {
        let harness = Harness()
        #expect(try await Self.settle(harness, "pi_x", "paid").status == 404)
        let id = try await Self.konbini(harness).id
        #expect(try await Self.settle(harness, id, "perhaps").status == 400)
        let fresh = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"])
        #expect(try await Self.settle(harness, fresh.id, "paid").code == "payment_intent_unexpected_state")
        let asked = try await PaymentIntentTests.pay(harness, with: "pm_card_threeDSecure2Required").json
        #expect(try await Self.settle(harness, asked.id, "paid").code == "payment_intent_unexpected_state")
        let noBank = try await harness.control(
            "POST", "/payment_intents/\(id)/authenticate", ["outcome": "succeed"])
        #expect(noBank.code == "payment_intent_unexpected_state")
    }
}
