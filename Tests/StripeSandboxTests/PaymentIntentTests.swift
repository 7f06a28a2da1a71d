import HTTP
import JSON
import Kernel
import StripeSandbox
import StripeSchemas
import Testing

/// The whole life of a payment intent, over the wire.
@Suite struct PaymentIntentTests {
    static let home = "https://shop.example/done"

    /// A payment that is created and confirmed at once.
    static func pay(
        _ harness: Harness, with method: String, _ more: [(String, String)] = []
    ) async throws -> Answer {
        let form =
            [
                ("amount", "980"), ("currency", "JPY"), ("payment_method", method), ("confirm", "true"),
                ("return_url", home),
            ] + more
        let raw = form.map { "\($0.0)=\(PercentCoding.encode($0.1))" }.joined(separator: "&")
        return try await harness.send("POST", "/v1/payment_intents", raw: raw)
    }

    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `a card payment goes step by step and tells every step`(version: String) async throws {
        let harness = Harness(version == StripeSchemas.old.version ? .old : .newest)
        let created = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"])
        #expect(created.status == "requires_payment_method")
        #expect(created["client_secret"]?.string?.hasPrefix(created.id + "_secret_") == true)
        let path = "/v1/payment_intents/\(created.id)"
        let chosen = try await harness.post(path, ["payment_method": "pm_card_visa"])
        #expect(chosen.status == "requires_confirmation")
        let method = chosen["payment_method"]?.string ?? ""
        #expect(method.hasPrefix("pm_") && method != "pm_card_visa")
        let paid = try await harness.post(path + "/confirm", ["return_url": Self.home])
        #expect(paid.status == "succeeded")
        #expect(paid["amount_received"] == 980)
        let charge = try await harness.get("/v1/charges/\(paid["latest_charge"]?.string ?? "")")
        #expect(charge["paid"] == true)
        #expect(charge["balance_transaction"]?.isNull == true)
        #expect(charge["receipt_url"]?.string?.contains("/_sandbox/receipts/ch_") == true)
        await harness.advance(.seconds(2))
        let settled = try await harness.get("/v1/charges/\(charge.id)")
        let movement = settled["balance_transaction"]?.string ?? ""
        let booked = try await harness.get("/v1/balance_transactions/\(movement)")
        #expect(booked["amount"] == 980)
        #expect(booked["net"] == 945)
        #expect(
            harness.hook.types == [
                "payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated",
            ])
        let update = harness.hook.received.last?.event
        #expect(update?["data"]?["previous_attributes"] == ["balance_transaction": .null])
    }

    @Test func `capture that is not asynchronous has its balance transaction at once`() async throws {
        let harness = Harness()
        let paid = try await Self.pay(harness, with: "pm_card_visa", [("capture_method", "automatic")])
        let charge = try await harness.get("/v1/charges/\(paid.json["latest_charge"]?.string ?? "")")
        #expect(charge["balance_transaction"]?.string?.hasPrefix("txn_") == true)
        let before = try await harness.post(
            "/v1/payment_intents", ["amount": "980", "currency": "jpy"], version: "2023-10-16")
        #expect(before["capture_method"] == "automatic")
        #expect(
            try await harness.post("/v1/payment_intents", ["amount": "98", "currency": "jpy"])["capture_method"]
                == "automatic_async")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let method: String
        let code: String
        let reason: String
        var testDescription: String { method }
    }

    @Test(arguments: [
        Refusal(method: "pm_card_visa_chargeDeclined", code: "card_declined", reason: "generic_decline"),
        Refusal(method: "pm_card_chargeDeclined", code: "card_declined", reason: "generic_decline"),
        Refusal(
            method: "pm_card_visa_chargeDeclinedInsufficientFunds", code: "card_declined",
            reason: "insufficient_funds"),
        Refusal(method: "pm_card_visa_chargeDeclinedLostCard", code: "card_declined", reason: "lost_card"),
        Refusal(method: "pm_card_visa_chargeDeclinedStolenCard", code: "card_declined", reason: "stolen_card"),
        Refusal(
            method: "pm_card_visa_chargeDeclinedVelocityLimitExceeded", code: "card_declined",
            reason: "card_velocity_exceeded"),
        Refusal(method: "pm_card_chargeDeclinedExpiredCard", code: "expired_card", reason: "expired_card"),
        Refusal(method: "pm_card_chargeDeclinedIncorrectCvc", code: "incorrect_cvc", reason: "incorrect_cvc"),
        Refusal(
            method: "pm_card_chargeDeclinedProcessingError", code: "processing_error", reason: "processing_error"),
        Refusal(method: "pm_card_chargeCustomerFail", code: "card_declined", reason: "generic_decline"),
        Refusal(method: "pm_card_radarBlock", code: "card_declined", reason: "fraudulent"),
        Refusal(
            method: "pm_card_threeDSecureRequiredProcessingError", code: "card_declined", reason: "generic_decline"),
    ])
    func `a refused card is a 402 that carries the intent and its failed charge`(refusal: Refusal) async throws {
        let harness = Harness()
        let answer = try await Self.pay(harness, with: refusal.method)
        #expect(answer.status == 402)
        #expect(answer.error?["type"] == "card_error")
        #expect(answer.code == refusal.code)
        #expect(answer.error?["decline_code"]?.string == refusal.reason)
        let id = try #require(answer.error?["payment_intent"]?["id"]?.string)
        let intent = try await harness.get("/v1/payment_intents/\(id)")
        #expect(intent.status == "requires_payment_method")
        #expect(intent["payment_method"]?.isNull == true)
        #expect(intent["last_payment_error"]?["code"]?.string == refusal.code)
        #expect(intent["last_payment_error"]?["payment_method"]?["id"] != nil)
        let charge = try await harness.get("/v1/charges/\(answer.error?["charge"]?.string ?? "")")
        #expect(charge.status == "failed")
        #expect(charge.id == intent["latest_charge"]?.string)
        #expect(charge["failure_code"]?.string == refusal.code)
        #expect(charge["outcome"]?["type"] == (refusal.method == "pm_card_radarBlock" ? "blocked" : "issuer_declined"))
        #expect(
            try await harness.eventTypes() == [
                "payment_intent.created", "charge.failed", "payment_intent.payment_failed",
            ]
        )
        let again = try await harness.post(
            "/v1/payment_intents/\(id)/confirm", ["payment_method": "pm_card_visa", "return_url": Self.home])
        #expect(again.status == "succeeded")
        #expect(again["last_payment_error"]?.isNull == true)
    }

    @Test(arguments: [
        "pm_card_visa", "pm_card_visa_debit", "pm_card_mastercard", "pm_card_mastercard_debit",
        "pm_card_mastercard_prepaid", "pm_card_amex", "pm_card_discover", "pm_card_diners", "pm_card_jcb",
        "pm_card_unionpay", "pm_card_jp", "pm_card_riskLevelHighest", "pm_card_riskLevelElevated",
        "pm_card_cvcCheckFail", "pm_card_avsZipFail", "pm_card_threeDSecureOptional",
        "pm_card_threeDSecureOptionalProcessingError", "pm_card_bypassPending", "pm_card_createDispute",
        "pm_card_createIssuerFraudRecord", "pm_card_pendingRefund", "pm_card_refundFail",
    ])
    func `a good card pays`(method: String) async throws {
        #expect(try await Self.pay(Harness(), with: method).json.status == "succeeded")
    }

    @Test func `a CVC that is wrong is only seen when it was sent`() async throws {
        let harness = Harness()
        let card: [(String, String)] = [
            ("payment_method_data[type]", "card"), ("payment_method_data[card][number]", "4000000000000127"),
            ("payment_method_data[card][exp_month]", "12"), ("payment_method_data[card][exp_year]", "2030"),
        ]
        func form(_ more: [(String, String)]) -> String {
            let base = [("amount", "980"), ("currency", "jpy"), ("confirm", "true"), ("return_url", Self.home)]
            return (base + card + more).map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        }
        let without = try await harness.send("POST", "/v1/payment_intents", raw: form([]))
        #expect(without.json.status == "succeeded")
        let with = try await harness.send(
            "POST", "/v1/payment_intents", raw: form([("payment_method_data[card][cvc]", "123")]))
        #expect(with.code == "incorrect_cvc")
    }

    @Test func `held money is captured whole, in part, or let go`() async throws {
        let harness = Harness()
        let manual = [("capture_method", "manual")]
        let whole = try await Self.pay(harness, with: "pm_card_visa", manual).json
        #expect(whole.status == "requires_capture")
        #expect(whole["amount_capturable"] == 980)
        let captured = try await harness.post("/v1/payment_intents/\(whole.id)/capture", ["metadata[a]": "1"])
        #expect(captured.status == "succeeded")
        #expect(captured["amount_received"] == 980)
        #expect(captured["metadata"]?["a"] == "1")

        let part = try await Self.pay(harness, with: "pm_card_visa", manual).json
        let over = try await harness.send(
            "POST", "/v1/payment_intents/\(part.id)/capture", ["amount_to_capture": "981"])
        #expect(over.status == 400)
        #expect(over.param == "amount_to_capture")
        let some = try await harness.post("/v1/payment_intents/\(part.id)/capture", ["amount_to_capture": "600"])
        #expect(some["amount_received"] == 600)
        let charge = try await harness.get("/v1/charges/\(some["latest_charge"]?.string ?? "")")
        #expect(charge["amount_captured"] == 600)
        #expect(charge["amount_refunded"] == 380)
        #expect(charge["refunded"] == false)

        let dropped = try await Self.pay(harness, with: "pm_card_visa", manual).json
        let canceled = try await harness.post(
            "/v1/payment_intents/\(dropped.id)/cancel", ["cancellation_reason": "duplicate"])
        #expect(canceled.status == "canceled")
        #expect(canceled["cancellation_reason"] == "duplicate")
        let released = try await harness.get("/v1/charges/\(canceled["latest_charge"]?.string ?? "")")
        #expect(released["refunded"] == true)
        #expect(
            try await harness.eventTypes() == [
                "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
                "charge.captured", "payment_intent.succeeded",
                "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
                "charge.captured", "payment_intent.succeeded",
                "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
                "charge.refunded", "payment_intent.canceled",
            ])
    }

    @Test func `a charge can be captured by its own path, once`() async throws {
        let harness = Harness()
        let held = try await Self.pay(harness, with: "pm_card_visa", [("capture_method", "manual")]).json
        let path = "/v1/charges/\(held["latest_charge"]?.string ?? "")/capture"
        #expect(try await harness.post(path, ["amount": "500"])["amount_captured"] == 500)
        #expect(try await harness.send("POST", path).code == "charge_already_captured")
    }

    @Test func `a bank holds money for seven days`() async throws {
        let harness = Harness()
        let held = try await Self.pay(harness, with: "pm_card_visa", [("capture_method", "manual")]).json
        await harness.advance(.seconds(7 * 86_400))
        let intent = try await harness.get("/v1/payment_intents/\(held.id)")
        #expect(intent.status == "canceled")
        #expect(intent["cancellation_reason"] == "automatic")
        #expect(harness.hook.types.suffix(2) == ["charge.expired", "payment_intent.canceled"])
    }

    @Test(arguments: [
        ("cancel", "succeeded"), ("capture", "succeeded"), ("confirm", "succeeded"), ("cancel", "canceled"),
        ("capture", "canceled"), ("confirm", "canceled"), ("capture", "requires_payment_method"),
        ("capture", "requires_action"), ("confirm", "requires_capture"),
    ])
    func `a step that the state does not allow is refused and shows the intent`(step: String, state: String)
        async throws
    {
        let harness = Harness()
        let intent: JSONValue
        switch state {
        case "succeeded": intent = try await Self.pay(harness, with: "pm_card_visa").json
        case "requires_action": intent = try await Self.pay(harness, with: "pm_card_threeDSecure2Required").json
        case "requires_capture":
            intent = try await Self.pay(harness, with: "pm_card_visa", [("capture_method", "manual")]).json
        default:
            let made = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"])
            intent = state == "canceled" ? try await harness.post("/v1/payment_intents/\(made.id)/cancel") : made
        }
        #expect(intent.status == state)
        let count = try await harness.eventTypes().count
        let answer = try await harness.send("POST", "/v1/payment_intents/\(intent.id)/\(step)")
        #expect(answer.status == 400)
        #expect(answer.code == "payment_intent_unexpected_state")
        #expect(answer.error?["payment_intent"] == intent)
        #expect(try await harness.eventTypes().count == count)
    }
}
