import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Idempotency keys behave as Stripe's (laws 2 and 3 stand on this).
@Suite struct IdempotencyTests {
    private let payment: KeyValuePairs = [
        "amount": "980", "currency": "jpy", "payment_method": "pm_card_visa", "confirm": "true",
        "return_url": "https://shop.example/done",
    ]

    @Test func `a repeat gets the first answer byte for byte, a fresh request id, and no new events`() async throws {
        let harness = Harness()
        let first = try await harness.send("POST", "/v1/payment_intents", payment, key: "order-1")
        let events = try await harness.eventTypes()
        harness.clock.advance(by: .seconds(60))
        let again = try await harness.send("POST", "/v1/payment_intents", payment, key: "order-1")
        #expect(again.body == first.body)
        #expect(again.status == 200)
        #expect(again.headers["Idempotent-Replayed"] == "true")
        #expect(again.headers["Original-Request"] == first.headers["Request-Id"])
        #expect(again.headers["Request-Id"] != first.headers["Request-Id"])
        let after = try await harness.eventTypes().filter { $0 != "charge.updated" }
        #expect(after == events)
        #expect(try await harness.get("/v1/charges")["data"]?.array?.count == 1)
    }

    @Test func `the order of the fields does not matter`() async throws {
        let harness = Harness()
        let one = try await harness.send("POST", "/v1/customers", raw: "name=A&metadata[x]=1&metadata[y]=2", key: "k")
        let two = try await harness.send(
            "POST", "/v1/customers", raw: "metadata%5By%5D=2&metadata[x]=1&name=A", key: "k")
        #expect(two.body == one.body)
    }

    @Test(arguments: [("/v1/customers", "name=B"), ("/v1/payment_intents", "amount=980&currency=jpy")])
    func `other parameters or another endpoint under the same key are refused`(path: String, form: String) async throws
    {
        let harness = Harness()
        let first = try await harness.send("POST", "/v1/customers", ["name": "A"], key: "k")
        let other = try await harness.send("POST", path, raw: form, key: "k")
        #expect(other.status == 400)
        #expect(other.error?["type"] == "idempotency_error")
        #expect(other.headers["Idempotent-Replayed"] == nil)
        #expect(other.headers["Original-Request"] == first.headers["Request-Id"])
    }

    @Test func `a decline is kept: the same key replays it, a new key tries again`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"]).id
        let form: KeyValuePairs = [
            "payment_method": "pm_card_chargeDeclined", "return_url": "https://shop.example/done",
        ]
        let first = try await harness.send("POST", "/v1/payment_intents/\(id)/confirm", form, key: "try-1")
        let again = try await harness.send("POST", "/v1/payment_intents/\(id)/confirm", form, key: "try-1")
        #expect(first.status == 402)
        #expect(again.status == 402)
        #expect(again.body == first.body)
        #expect(try await harness.get("/v1/charges")["data"]?.array?.count == 1)
        _ = try await harness.send("POST", "/v1/payment_intents/\(id)/confirm", form, key: "try-2")
        #expect(try await harness.get("/v1/charges")["data"]?.array?.count == 2)
    }

    @Test func `an error of execution is kept`() async throws {
        let harness = Harness()
        let missing = try await harness.send("POST", "/v1/customers/cus_x", ["name": "A"], key: "k")
        let again = try await harness.send("POST", "/v1/customers/cus_x", ["name": "A"], key: "k")
        #expect(missing.status == 404)
        #expect(again.headers["Idempotent-Replayed"] == "true")
    }

    @Test func `what was refused before execution is not kept: the key is still free`() async throws {
        let harness = Harness()
        let bad: [(String, String?)] = [
            ("amount=980", "sk_test_kessai"), ("amount=1&currency=jpy", "sk_test_kessai"),
            ("amount=980&currency=jpy", "sk_test_wrong"), ("amount=980&currency=jpy&odd=1", "sk_test_kessai"),
        ]
        for (form, apiKey) in bad {
            let refused = try await harness.send("POST", "/v1/payment_intents", raw: form, key: "k", apiKey: apiKey)
            #expect(refused.status >= 400)
        }
        harness.sandbox.add(StripeSandboxFault(.rateLimit))
        let limited = try await harness.send(
            "POST", "/v1/payment_intents", ["amount": "980", "currency": "jpy"], key: "k")
        #expect(limited.status == 429)
        #expect(limited.code == "rate_limit")
        let good = try await harness.send(
            "POST", "/v1/payment_intents", ["amount": "980", "currency": "jpy"], key: "k")
        #expect(good.status == 200)
        #expect(good.headers["Idempotent-Replayed"] == nil)
    }

    @Test func `while the first runs the key is in use, and afterwards it replays`() async throws {
        let harness = Harness()
        harness.sandbox.add(StripeSandboxFault(.delay, delay: .seconds(30)))
        async let first = harness.send("POST", "/v1/customers", ["name": "A"], key: "k")
        while harness.clock.sleeperCount == 0 { await Task.yield() }
        let running = try await harness.send("POST", "/v1/customers", ["name": "A"], key: "k")
        #expect(running.status == 409)
        #expect(running.code == "idempotency_key_in_use")
        #expect(running.headers["Stripe-Should-Retry"] == "true")
        harness.clock.advance(by: .seconds(30))
        let answer = try await first
        let again = try await harness.send("POST", "/v1/customers", ["name": "A"], key: "k")
        #expect(answer.status == 200)
        #expect(again.body == answer.body)
        #expect(try await harness.get("/v1/customers")["data"]?.array?.count == 1)
    }

    @Test func `a key is forgotten after twenty-four hours`() async throws {
        let harness = Harness()
        let first = try await harness.post("/v1/customers", ["name": "A"], key: "k")
        harness.clock.advance(by: .seconds(24 * 3600 - 1))
        #expect(try await harness.post("/v1/customers", ["name": "A"], key: "k").id == first.id)
        harness.clock.advance(by: .seconds(1))
        #expect(try await harness.post("/v1/customers", ["name": "A"], key: "k").id != first.id)
    }

    @Test func `the key means nothing on GET and DELETE and may have 255 characters`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/customers", key: String(repeating: "k", count: 255)).id
        let long = try await harness.send("POST", "/v1/customers", key: String(repeating: "k", count: 256))
        #expect(long.status == 400)
        #expect(try await harness.send("DELETE", "/v1/customers/\(id)", key: "d").status == 200)
        #expect(try await harness.send("DELETE", "/v1/customers/\(id)", key: "d").status == 404)
        let read = try await harness.send("GET", "/v1/customers/\(id)", key: "d")
        #expect(read.json["deleted"] == true)
        #expect(read.headers["Idempotency-Key"] == nil)
    }

    @Test func `publishable and secret keys of the account share the keys`() async throws {
        let harness = Harness()
        let form: KeyValuePairs = ["type": "card", "card[token]": "tok_visa"]
        let server = try await harness.send("POST", "/v1/payment_methods", form, key: "k")
        let client = try await harness.send("POST", "/v1/payment_methods", form, key: "k", apiKey: "pk_test_kessai")
        #expect(client.json.id == server.json.id)
    }
}
