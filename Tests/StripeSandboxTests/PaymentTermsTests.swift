import HTTP
import JSON
import Kernel
import StripeSandbox
import Testing

/// What a payment intent may ask for, and which card it may use.
@Suite struct PaymentTermsTests {
    @Test func `confirming needs a method and a way back`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"]).id
        let bare = try await harness.send("POST", "/v1/payment_intents/\(id)/confirm")
        #expect(bare.code == "payment_intent_unexpected_state")
        let noWayBack = try await harness.send(
            "POST", "/v1/payment_intents/\(id)/confirm", ["payment_method": "pm_card_visa"])
        #expect(noWayBack.status == 400)
        #expect(noWayBack.param == "return_url")
        let odd = try await harness.send(
            "POST", "/v1/payment_intents/\(id)/confirm", ["payment_method": "pm_card_visa", "return_url": "shop"])
        #expect(odd.code == "url_invalid")
        #expect(try await harness.get("/v1/payment_intents/\(id)").status == "requires_payment_method")
        let never = try await harness.post(
            "/v1/payment_intents",
            [
                "amount": "980", "currency": "jpy", "payment_method": "pm_card_visa", "confirm": "true",
                "automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never",
            ])
        #expect(never.status == "succeeded")
        let created = try await harness.send(
            "POST", "/v1/payment_intents", ["amount": "980", "currency": "jpy", "confirm": "true"])
        #expect(created.status == 400)
        #expect(created.error?["payment_intent"] == nil)
    }

    @Test func `types of methods were named before endive`() async throws {
        let harness = Harness()
        let form: KeyValuePairs = [
            "amount": "980", "currency": "jpy", "payment_method_types[]": "card", "payment_method": "pm_card_visa",
            "confirm": "true",
        ]
        let paid = try await harness.post("/v1/payment_intents", form, version: "2024-06-20")
        #expect(paid.status == "succeeded")
        #expect(paid["automatic_payment_methods"]?.isNull == true)
        let refused = try await harness.send("POST", "/v1/payment_intents", form)
        #expect(refused.code == "payment_method_types_no_longer_supported")
        let allowed = try await harness.post(
            "/v1/payment_intents",
            [
                "amount": "980", "currency": "jpy", "allowed_payment_method_types[]": "card",
                "payment_method": "pm_card_visa", "confirm": "true",
            ])
        #expect(allowed["allowed_payment_method_types"] == ["card"])
        let excluded = try await harness.post(
            "/v1/payment_intents", ["amount": "980", "currency": "jpy", "excluded_payment_method_types[]": "card"])
        #expect(excluded["payment_method_types"] == ["konbini"])
        let none = try await harness.send(
            "POST", "/v1/payment_intents",
            ["amount": "980", "currency": "usd", "excluded_payment_method_types[]": "card"])
        #expect(none.status == 400)
    }

    @Test func `an update changes what is still open, and notes for ever`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"]).id
        let path = "/v1/payment_intents/\(id)"
        let more = try await harness.post(path, ["amount": "1200", "description": "two cups", "metadata[n]": "2"])
        #expect(more["amount"] == 1200)
        #expect(try await harness.send("POST", path, ["amount": "10"]).code == "amount_too_small")
        _ = try await harness.post(
            path + "/confirm", ["payment_method": "pm_card_visa", "return_url": PaymentIntentTests.home])
        let late = try await harness.send("POST", path, ["amount": "1"])
        #expect(late.code == "payment_intent_unexpected_state")
        #expect(late.param == "amount")
        let noted = try await harness.post(path, ["metadata[n]": "3", "description": "three"])
        #expect(noted["metadata"]?["n"] == "3")
        #expect(noted["amount"] == 1200)
    }

    @Test func `an amount that changes under way must be confirmed again`() async throws {
        let harness = Harness()
        let asked = try await PaymentIntentTests.pay(harness, with: "pm_card_threeDSecure2Required").json
        let changed = try await harness.post("/v1/payment_intents/\(asked.id)", ["amount": "1200"])
        #expect(changed.status == "requires_confirmation")
        #expect(changed["next_action"]?.isNull == true)
    }

    @Test func `a customer's card pays for that customer only`() async throws {
        let harness = Harness()
        let owner = try await harness.post("/v1/customers", ["payment_method": "pm_card_visa"])
        let other = try await harness.post("/v1/customers")
        let cards = try await harness.get("/v1/customers/\(owner.id)/payment_methods")
        let card = cards["data"]?[0]?.id ?? ""
        #expect(try await PaymentIntentTests.pay(harness, with: card).status == 400)
        #expect(
            try await PaymentIntentTests.pay(harness, with: card, [("customer", other.id)]).code == "resource_missing")
        #expect(
            try await PaymentIntentTests.pay(harness, with: card, [("customer", owner.id)]).json.status == "succeeded")
        #expect(
            try await PaymentIntentTests.pay(harness, with: card, [("customer", owner.id)]).json.status == "succeeded")
        #expect(try await PaymentIntentTests.pay(harness, with: card, [("customer", "cus_x")]).param == "customer")
    }

    @Test func `a card without a customer pays once, unless it is set up for one`() async throws {
        let harness = Harness()
        let card = try await harness.post("/v1/payment_methods", ["type": "card", "card[token]": "tok_visa"]).id
        #expect(try await PaymentIntentTests.pay(harness, with: card).json.status == "succeeded")
        #expect(try await PaymentIntentTests.pay(harness, with: card).code == "payment_method_unexpected_state")
        let customer = try await harness.post("/v1/customers").id
        let kept = try await PaymentIntentTests.pay(
            harness, with: "pm_card_visa", [("customer", customer), ("setup_future_usage", "off_session")]
        ).json
        #expect(try await harness.eventTypes().contains("payment_method.attached"))
        let again = try await PaymentIntentTests.pay(
            harness, with: kept["payment_method"]?.string ?? "", [("customer", customer), ("off_session", "true")])
        #expect(again.json.status == "succeeded")
    }

    @Test func `a method is named or described, not both`() async throws {
        let harness = Harness()
        let both = try await PaymentIntentTests.pay(
            harness, with: "pm_card_visa",
            [("payment_method_data[type]", "card"), ("payment_method_data[card][token]", "tok_visa")])
        #expect(both.code == "parameters_exclusive")
        let other = try await harness.send(
            "POST", "/v1/payment_intents",
            ["amount": "980", "currency": "jpy", "payment_method_data[type]": "paypay"])
        #expect(other.status == 400)
        let missing = try await PaymentIntentTests.pay(harness, with: "pm_nothing")
        #expect(missing.code == "resource_missing")
        #expect(missing.param == "payment_method")
    }

    @Test func `a full sandbox refuses more payments instead of forgetting some`() async throws {
        let harness = Harness { $0.objectsMax = 2 }
        for _ in 0..<2 { _ = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"]) }
        let full = try await harness.send("POST", "/v1/payment_intents", ["amount": "980", "currency": "jpy"])
        #expect(full.status == 429)
    }
}
