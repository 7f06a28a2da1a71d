import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import StripeSchemas
import Testing

/// What an event says, and who can read it.
@Suite struct EventTests {
    @Test func `an event tells the request that made it and keeps its object as it was`() async throws {
        let harness = Harness()
        let made = try await harness.send("POST", "/v1/customers", ["name": "A"], key: "key-1")
        _ = try await harness.post("/v1/customers/\(made.json.id)", ["name": "B"])
        let list = try await harness.get("/v1/events", ["type": "customer.created"])
        let event = try #require(list["data"]?[0])
        #expect(event["request"]?["id"]?.string == made.headers["Request-Id"])
        #expect(event["request"]?["idempotency_key"] == "key-1")
        #expect(event["data"]?["object"] == made.json)
        #expect(event["api_version"] == "2026-10-28.endive")
        #expect(event["pending_webhooks"] == 1)
        #expect(event["livemode"] == false)
        #expect(event["data"]?["previous_attributes"] == nil)
        await harness.advance(.zero)
        #expect(try await harness.get("/v1/events/\(event.id)")["pending_webhooks"] == 0)
    }

    @Test func `events are found by type, types, time and success`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/customers", ["name": "A"]).id
        await harness.advance(.seconds(10))
        harness.hook.answerNext(500)
        _ = try await harness.post("/v1/customers/\(id)", ["name": "B"])
        await harness.advance(.zero)
        func count(_ query: String) async throws -> Int {
            try await harness.send("GET", "/v1/events", raw: query).json["data"]?.array?.count ?? -1
        }
        #expect(try await count("type=customer.*") == 2)
        #expect(try await count("type=customer.updated") == 1)
        #expect(try await count("type=charge.*") == 0)
        #expect(try await count("types[]=customer.created&types[]=customer.updated") == 2)
        #expect(try await count("delivery_success=true") == 1)
        #expect(try await count("delivery_success=false") == 1)
        #expect(try await count("created[gte]=\(harness.clock.now().epochSeconds)") == 1)
        let both = try await harness.send("GET", "/v1/events", raw: "type=a&types[]=b")
        #expect(both.code == "parameters_exclusive")
        let many = (0...20).map { "types[]=t\($0)" }.joined(separator: "&")
        #expect(try await harness.send("GET", "/v1/events", raw: many).param == "types")
    }

    @Test func `events are kept for thirty days`() async throws {
        let harness = Harness(hasWebhook: false)
        _ = try await harness.post("/v1/customers")
        let id = try await harness.get("/v1/events")["data"]?[0]?.id ?? ""
        harness.clock.advance(by: .seconds(30 * 86_400 - 1))
        #expect(try await harness.get("/v1/events/\(id)").id == id)
        harness.clock.advance(by: .seconds(1))
        #expect(try await harness.send("GET", "/v1/events/\(id)").status == 404)
        #expect(try await harness.get("/v1/events")["data"] == [])
    }

    @Test func `an endpoint gets the shape it was made for, whatever the request spoke`() async throws {
        let harness = Harness(hasWebhook: false)
        _ = try await harness.post(
            "/v1/webhook_endpoints",
            ["url": Harness.hookURL, "enabled_events[]": "payment_intent.created", "api_version": "2024-06-20"])
        _ = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"])
        await harness.advance(.zero)
        let event = try #require(harness.hook.received.first?.event)
        #expect(event["api_version"] == "2024-06-20")
        #expect(event["data"]?["object"]?["invoice"]?.isNull == true)
        let read = try await harness.get("/v1/events/\(event.id)")
        #expect(read["api_version"] == "2026-10-28.endive")
        #expect(read["data"]?["object"]?["invoice"] == nil)
    }

    @Test func `everything that can happen fits the older shape as well`() async throws {
        let harness = Harness(.old)
        let customer = try await harness.post("/v1/customers", ["payment_method": "pm_card_visa"]).id
        _ = try await harness.get("/v1/customers/\(customer)/payment_methods")
        for method in ["pm_card_createDispute", "pm_card_createDisputeInquiry", "pm_card_refundFail"] {
            let paid = try await PaymentIntentTests.pay(harness, with: method).json
            if method == "pm_card_refundFail" {
                _ = try await harness.post("/v1/refunds", ["payment_intent": paid.id, "expand[]": "charge"])
            }
        }
        _ = try await PaymentIntentTests.pay(harness, with: "pm_card_chargeDeclined")
        let asked = try await PaymentIntentTests.pay(harness, with: "pm_card_threeDSecure2Required").json
        _ = try await harness.control("POST", "/payment_intents/\(asked.id)/authenticate", ["outcome": "fail"])
        _ = try await harness.get("/v1/payment_intents/\(asked.id)")
        let held = try await PaymentIntentTests.pay(harness, with: "pm_card_visa", [("capture_method", "manual")]).json
        _ = try await harness.post("/v1/payment_intents/\(held.id)/cancel")
        await harness.advance(.seconds(60))
        for dispute in try await harness.get("/v1/disputes")["data"]?.array ?? [] {
            _ = try await harness.post(
                "/v1/disputes/\(dispute.id)", ["evidence[uncategorized_text]": "winning_evidence"])
        }
        await harness.advance(.seconds(60))
        for path in ["charges", "refunds", "disputes", "balance_transactions", "webhook_endpoints", "events"] {
            #expect(try await harness.get("/v1/\(path)", ["limit": "100"])["data"] != [])
        }
        #expect(harness.hook.types.count > 25)
    }

    @Test func `equal inputs give equal histories`() async throws {
        func history(_ seed: UInt64) async throws -> [String] {
            let harness = Harness(seed: seed)
            _ = try await PaymentIntentTests.pay(harness, with: "pm_card_createDispute")
            await harness.advance(.seconds(60))
            return harness.hook.received.map { String(decoding: $0.body, as: UTF8.self) + $0.signature }
        }
        let one = try await history(7)
        #expect(one.count == 6)
        #expect(try await history(7) == one)
        #expect(try await history(8) != one)
    }
}
