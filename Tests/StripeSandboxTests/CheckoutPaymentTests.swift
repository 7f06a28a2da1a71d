import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import StripeSchemas
import Testing

/// What happens when a buyer pays on the page, told by events.
@Suite struct CheckoutPaymentTests {
    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `a card pays and every step is told in order`(version: String) async throws {
        let harness = Harness(version == StripeSchemas.old.version ? .old : .newest)
        let session = try await Checkout.open(
            harness,
            [
                ("payment_intent_data[metadata][order]", "7"), ("metadata[mine]", "1"),
                ("payment_intent_data[description]", "cups"),
            ])
        let paid = try await Checkout.pay(
            harness, session, ["card": "4242 4242 4242 4242", "email": "hana@example.com", "name": "花"])
        #expect(paid.json["outcome"] == "paid")
        #expect(paid.json["url"]?.string == "https://shop.example/thanks?session=\(session.id)")
        let done = try await harness.send(
            "GET", "/v1/checkout/sessions/\(session.id)",
            raw: "expand[]=payment_intent.latest_charge&expand[]=line_items"
        ).json
        #expect(done.status == "complete" && done["payment_status"] == "paid" && done["url"]?.isNull == true)
        #expect(done["customer_details"]?["email"] == "hana@example.com" && done["customer"]?.isNull == true)
        let intent = done["payment_intent"]
        #expect(intent?.status == "succeeded" && intent?["amount"] == 1960)
        #expect(intent?["metadata"] == ["order": "7"] && intent?["description"] == "cups")
        #expect(intent?["latest_charge"]?["billing_details"]?["name"] == "花")
        await harness.advance(.seconds(2))
        #expect(
            harness.hook.types == [
                "payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
                "checkout.session.completed", "charge.updated",
            ])
        let completed = harness.hook.received[3].event
        #expect(completed["data"]?["object"]?["payment_status"] == "paid")
        #expect(try await Checkout.pay(harness, session).status == 400)
        #expect(try await harness.get("/v1/charges")["data"]?.array?.count == 1)
        let found = try await harness.get("/v1/checkout/sessions", ["payment_intent": intent?.id ?? ""])
        #expect(found["data"]?[0]?.id == session.id)
    }

    @Test func `a refused card leaves the session open and the same intent is tried again`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let refused = try await Checkout.pay(harness, session, ["card": "4000000000009995"])
        #expect(refused.json["outcome"] == "declined" && refused.json["reason"] == "insufficient_funds")
        let open = try await Checkout.read(harness, session)
        #expect(open.status == "open" && open["payment_intent"]?.status == "requires_payment_method")
        #expect(try await Checkout.pay(harness, session, ["payment_method": "pm_card_visa"]).json["outcome"] == "paid")
        let done = try await Checkout.read(harness, session)
        #expect(done["payment_intent"]?.id == open["payment_intent"]?.id)
        #expect(
            try await harness.eventTypes() == [
                "payment_intent.created", "charge.failed", "payment_intent.payment_failed", "charge.succeeded",
                "payment_intent.succeeded", "checkout.session.completed",
            ])
    }

    @Test(arguments: [true, false])
    func `3-D Secure comes back to the shop, or to the page`(succeeds: Bool) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        let asked = try await Checkout.pay(harness, session, ["card": "4000000000003220"])
        #expect(asked.json["outcome"] == "requires_action")
        let intent = try await Checkout.read(harness, session)["payment_intent"]
        #expect(asked.json["url"]?.string == "http://127.0.0.1:12111/_sandbox/3ds/\(intent?.id ?? "")")
        let back = try await harness.control(
            "POST", "/3ds/\(intent?.id ?? "")", form: succeeds ? "outcome=complete" : "outcome=fail")
        #expect(back.status == 303)
        let home = succeeds ? "https://shop.example/thanks?session=\(session.id)" : session["url"]?.string
        #expect(back.headers["Location"] == home)
        #expect(try await Checkout.read(harness, session).status == (succeeds ? "complete" : "open"))
        let last = try await harness.eventTypes().last
        #expect(last == (succeeds ? "checkout.session.completed" : "payment_intent.payment_failed"))
    }

    @Test func `a customer is made where the merchant or a kept card needs one`() async throws {
        let harness = Harness()
        let always = try await Checkout.open(harness, [("customer_creation", "always")])
        _ = try await Checkout.pay(harness, always, ["card": "4000000000000002", "email": "a@example.com"])
        _ = try await Checkout.pay(harness, always, ["email": "a@example.com"])
        let done = try await Checkout.read(harness, always, expand: "customer")
        #expect(done["customer"]?["email"] == "a@example.com")
        #expect(try await harness.get("/v1/customers")["data"]?.array?.count == 1)
        #expect(try await harness.eventTypes().first == "customer.created")
        let kept = try await Checkout.open(harness, [("payment_intent_data[setup_future_usage]", "off_session")])
        _ = try await Checkout.pay(harness, kept)
        let customer = try await Checkout.read(harness, kept)["customer"]?.string ?? ""
        let cards = try await harness.get("/v1/customers/\(customer)/payment_methods")
        #expect(cards["data"]?.array?.count == 1)
    }

    @Test func `held money is paid when it is captured`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness, [("payment_intent_data[capture_method]", "manual")])
        #expect(try await Checkout.pay(harness, session).json["outcome"] == "unpaid")
        let held = try await Checkout.read(harness, session)
        #expect(held.status == "complete" && held["payment_intent"]?.status == "requires_capture")
        _ = try await harness.post("/v1/payment_intents/\(held["payment_intent"]?.id ?? "")/capture")
        #expect(try await Checkout.read(harness, session)["payment_status"] == "paid")
    }

    @Test func `the intent of an open session is ended with the session only`() async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        _ = try await Checkout.pay(harness, session, ["card": "4000000000000002"])
        let intent = try await Checkout.read(harness, session)["payment_intent"]?.id ?? ""
        let refused = try await harness.send("POST", "/v1/payment_intents/\(intent)/cancel")
        #expect(refused.code == "payment_intent_unexpected_state")
        _ = try await harness.post("/v1/checkout/sessions/\(session.id)/expire")
        #expect(try await harness.get("/v1/payment_intents/\(intent)").status == "canceled")
    }

    @Test(
        arguments: [
            (["card": "4242424242424241"], 402), (["payment_method": "pm_x"], 400), (["method": "cash"], 400),
            (["colour": "red"], 400),
        ] as [(JSONValue, Int)])
    func `what is no way to pay is refused and charges nothing`(how: JSONValue, status: Int) async throws {
        let harness = Harness()
        let session = try await Checkout.open(harness)
        #expect(try await Checkout.pay(harness, session, how).status == status)
        #expect(try await harness.eventTypes() == [])
        let card = try await Checkout.open(harness, [("allowed_payment_method_types[]", "card")])
        let refused = try await Checkout.pay(harness, card, ["method": "konbini"])
        #expect(refused.code == "payment_intent_incompatible_payment_method")
        let used = try await PaymentIntentTests.pay(harness, with: "pm_card_visa").json["payment_method"] ?? .null
        let again = try await Checkout.pay(harness, card, ["payment_method": used])
        #expect(again.code == "payment_method_unexpected_state")
        #expect(try await Checkout.read(harness, card)["payment_intent"]?.isNull == true)
        #expect(try await Checkout.pay(harness, ["id": "cs_x"]).status == 404)
    }

    @Test func `no live key is taken, not even one that the options name`() async throws {
        let harness = Harness { $0.secretKeys.append(Secret("sk_live_mistake")) }
        for key in ["sk_live_mistake", "rk_live_x", "pk_live_x"] {
            let answer = try await harness.send("GET", "/v1/customers", apiKey: key)
            #expect(answer.status == 401)
            #expect(answer.error?["type"] == "invalid_request_error")
            #expect(!answer.text.contains("sk_live_mistake"))
        }
    }
}
