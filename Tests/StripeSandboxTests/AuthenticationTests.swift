import HTTP
import JSON
import Kernel
import StripeSandbox
import Testing

@testable import StripeSandbox

/// 3-D Secure: when payers are asked, where they go, and what becomes of it.
@Suite struct AuthenticationTests {
    typealias Payments = PaymentIntentTests

    @Test(arguments: [
        "pm_card_authenticationRequiredOnSetup", "pm_card_authenticationRequired",
        "pm_card_authenticationRequiredSetupForOffSession", "pm_card_threeDSecure2Required",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "pm_card_threeDSecureRequiredChargeDeclined",
    ])
    func `such a card asks for the payer and sends them to the page`(method: String) async throws {
        let harness = Harness()
        let asked = try await Payments.pay(harness, with: method).json
        #expect(asked.status == "requires_action")
        #expect(asked["next_action"]?["type"] == "redirect_to_url")
        let redirect = asked["next_action"]?["redirect_to_url"]
        #expect(redirect?["return_url"]?.string == Payments.home)
        #expect(redirect?["url"]?.string == "http://127.0.0.1:12111/_sandbox/3ds/\(asked.id)")
        #expect(try await harness.eventTypes() == ["payment_intent.created", "payment_intent.requires_action"])
        #expect(try await harness.get("/v1/charges")["data"] == [])
    }

    @Test func `a payer who proves it has paid`() async throws {
        let harness = Harness()
        let asked = try await Payments.pay(harness, with: "pm_card_threeDSecure2Required").json
        let page = try await harness.control("GET", "/3ds/\(asked.id)")
        #expect(page.status == 200)
        #expect(page.text.contains("¥980"))
        #expect(page.text.contains("本人認証") && page.text.contains("Complete"))
        let back = try await harness.control("POST", "/3ds/\(asked.id)", form: "outcome=complete")
        #expect(back.status == 303)
        let location = try #require(back.headers["Location"])
        let secret = asked["client_secret"]?.string ?? ""
        #expect(
            location == Payments.home + "?payment_intent=\(asked.id)&payment_intent_client_secret=\(secret)"
                + "&redirect_status=succeeded")
        let paid = try await harness.get("/v1/payment_intents/\(asked.id)", ["expand[]": "latest_charge"])
        #expect(paid.status == "succeeded")
        let secure = paid["latest_charge"]?["payment_method_details"]?["card"]?["three_d_secure"]
        #expect(secure?["result"] == "authenticated")
        #expect(
            try await harness.eventTypes() == [
                "payment_intent.created", "payment_intent.requires_action", "charge.succeeded",
                "payment_intent.succeeded",
            ])
        let event = try await harness.get("/v1/events", ["type": "payment_intent.succeeded"])["data"]?[0]
        #expect(event?["request"]?["id"]?.isNull == true)
        #expect(try await harness.control("POST", "/3ds/\(asked.id)", form: "outcome=complete").status == 200)
        #expect(try await harness.get("/v1/charges")["data"]?.array?.count == 1)
    }

    @Test func `a payer who fails leaves an intent that wants another card, and no charge`() async throws {
        let harness = Harness()
        let asked = try await Payments.pay(harness, with: "pm_card_threeDSecure2Required").json
        let back = try await harness.control("POST", "/3ds/\(asked.id)", form: "outcome=fail")
        #expect(back.headers["Location"]?.hasSuffix("redirect_status=failed") == true)
        let failed = try await harness.get("/v1/payment_intents/\(asked.id)")
        #expect(failed.status == "requires_payment_method")
        #expect(failed["last_payment_error"]?["code"] == "payment_intent_authentication_failure")
        #expect(failed["latest_charge"]?.isNull == true)
        #expect(try await harness.eventTypes().last == "payment_intent.payment_failed")
    }

    @Test(arguments: [
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
    ])
    func `the bank may refuse after the proof`(method: String, reason: String) async throws {
        let harness = Harness()
        let asked = try await Payments.pay(harness, with: method).json
        let answer = try await harness.control(
            "POST", "/payment_intents/\(asked.id)/authenticate", ["outcome": "succeed"])
        #expect(answer.status == 200)
        #expect(answer.json.status == "requires_payment_method")
        #expect(answer.json["last_payment_error"]?["decline_code"]?.string == reason)
        #expect(try await harness.eventTypes().suffix(2) == ["charge.failed", "payment_intent.payment_failed"])
    }

    @Test func `the JSON way does the same and refuses what is not asked`() async throws {
        let harness = Harness()
        let asked = try await Payments.pay(harness, with: "pm_card_authenticationRequired").json
        let path = "/payment_intents/\(asked.id)/authenticate"
        #expect(try await harness.control("POST", path, ["outcome": "maybe"]).status == 400)
        #expect(try await harness.control("POST", path, ["outcome": "succeed"]).json.status == "succeeded")
        let twice = try await harness.control("POST", path, ["outcome": "succeed"])
        #expect(twice.status == 400)
        #expect(twice.code == "payment_intent_unexpected_state")
        let none = try await harness.control("POST", "/payment_intents/pi_x/authenticate", ["outcome": "fail"])
        #expect(none.status == 404)
        #expect(try await harness.control("GET", "/3ds/pi_x").status == 404)
        #expect(try await harness.control("POST", "/3ds/\(asked.id)", form: "outcome=what").status == 200)
    }

    @Test func `a page without a choice asks again`() async throws {
        let harness = Harness()
        let asked = try await Payments.pay(harness, with: "pm_card_authenticationRequired").json
        #expect(try await harness.control("POST", "/3ds/\(asked.id)", form: "outcome=what").status == 400)
        #expect(try await harness.get("/v1/payment_intents/\(asked.id)").status == "requires_action")
    }

    @Test func `held money waits for capture after the proof`() async throws {
        let harness = Harness()
        let asked = try await Payments.pay(
            harness, with: "pm_card_authenticationRequired", [("capture_method", "manual")])
        let path = "/payment_intents/\(asked.json.id)/authenticate"
        #expect(try await harness.control("POST", path, ["outcome": "succeed"]).json.status == "requires_capture")
    }

    @Test func `manual confirmation comes back to the server once more`() async throws {
        let harness = Harness()
        let asked = try await Payments.pay(
            harness, with: "pm_card_authenticationRequired", [("confirmation_method", "manual")])
        let id = asked.json.id
        let proved = try await harness.control("POST", "/payment_intents/\(id)/authenticate", ["outcome": "succeed"])
        #expect(proved.json.status == "requires_confirmation")
        let secret = asked.json["client_secret"]?.string ?? ""
        let client = try await harness.send(
            "POST", "/v1/payment_intents/\(id)/confirm", ["client_secret": secret], apiKey: "pk_test_kessai")
        #expect(client.status == 400)
        let paid = try await harness.post("/v1/payment_intents/\(id)/confirm", ["return_url": Payments.home])
        #expect(paid.status == "succeeded")
    }

    @Test func `Stripe's script takes the action where it is used or there is no way back`() async throws {
        let harness = Harness()
        let script = try await Payments.pay(
            harness, with: "pm_card_threeDSecure2Required", [("use_stripe_sdk", "true")])
        #expect(script.json["next_action"]?["type"] == "use_stripe_sdk")
        let back = try await harness.control("POST", "/3ds/\(script.json.id)", form: "outcome=complete")
        #expect(back.status == 200)
        #expect(try await harness.get("/v1/payment_intents/\(script.json.id)").status == "succeeded")
    }

    @Test(arguments: [
        ("pm_card_authenticationRequired", true), ("pm_card_threeDSecure2Required", true),
        ("pm_card_authenticationRequiredOnSetup", true),
        ("pm_card_authenticationRequiredSetupForOffSession", false), ("pm_card_visa", false),
    ])
    func `without the payer the bank refuses or does not ask`(method: String, isRefused: Bool) async throws {
        let harness = Harness()
        let answer = try await Payments.pay(harness, with: method, [("off_session", "true")])
        #expect(answer.status == (isRefused ? 402 : 200))
        guard isRefused else { return }
        #expect(answer.code == "authentication_required")
        #expect(answer.error?["decline_code"] == "authentication_required")
        #expect(answer.error?["payment_intent"]?.status == "requires_payment_method")
    }

    @Test func `a card that was set up pays without the payer`() async throws {
        let harness = Harness()
        let customer = try await harness.post("/v1/customers").id
        let asked = try await Payments.pay(
            harness, with: "pm_card_authenticationRequiredOnSetup",
            [("customer", customer), ("setup_future_usage", "off_session")]
        ).json
        _ = try await harness.control("POST", "/payment_intents/\(asked.id)/authenticate", ["outcome": "succeed"])
        let card = try await harness.get("/v1/payment_intents/\(asked.id)")["payment_method"]?.string ?? ""
        let later = try await Payments.pay(harness, with: card, [("customer", customer), ("off_session", "one_off")])
        #expect(later.json.status == "succeeded")
    }

    @Test func `a wish for authentication can be a refusal`() async throws {
        let harness = Harness()
        let answer = try await Payments.pay(
            harness, with: "pm_card_threeDSecure2Required", [("error_on_requires_action", "true")])
        #expect(answer.status == 402)
        #expect(answer.code == "authentication_required")
        #expect(answer.error?["charge"] == nil)
        #expect(answer.error?["payment_intent"]?.status == "requires_payment_method")
    }

    @Test func `a merchant may ask where it is optional`() async throws {
        let any = [("payment_method_options[card][request_three_d_secure]", "any")]
        let asked = try await Payments.pay(Harness(), with: "pm_card_threeDSecureOptional", any)
        #expect(asked.json.status == "requires_action")
        #expect(try await Payments.pay(Harness(), with: "pm_card_visa", any).json.status == "succeeded")
    }

    @Test(arguments: [
        ("https://a.example/x", "https://a.example/x?payment_intent="),
        ("https://a.example/x?y=1", "https://a.example/x?y=1&payment_intent="),
    ])
    func `the way back keeps its own query`(returnURL: String, start: String) async throws {
        let harness = Harness()
        let asked = try await harness.post(
            "/v1/payment_intents",
            [
                "amount": "980", "currency": "jpy", "payment_method": "pm_card_threeDSecure2Required",
                "confirm": "true", "return_url": returnURL + "#part",
            ])
        let back = try await harness.control("POST", "/3ds/\(asked.id)", form: "outcome=complete")
        #expect(back.headers["Location"]?.hasPrefix(start) == true)
        #expect(back.headers["Location"]?.hasSuffix("#part") == true)
    }

    @Test func `every card has one number that fits its last digit and names that are its own`() {
        #expect(Set(TestCard.all.map(\.number)).count == TestCard.all.count)
        for card in TestCard.all {
            #expect(CardNumber.passesLuhn(card.number), "\(card.number)")
            for name in card.names {
                #expect(TestCard.paymentMethod("pm_card_" + name)?.number == card.number)
                #expect(TestCard.token("tok_" + name)?.number == card.number)
            }
        }
    }
}
