import HTTP
import JSON
import Kernel
import KernelTesting
import StripeClient
import Testing

@Suite struct StripeRequestTests {
    @Test func `a write carries the key, the pinned version and the bearer, and its parameters in the body`()
        async throws
    {
        let bench = Bench([.ok(Sample.intent)])
        let answer = try await bench.client.createPaymentIntent(
            CreatePaymentIntent(
                amount: Money(980, .jpy), customer: StripeCustomerID("cus_1"), metadata: ["order_id": "o1"],
                redirects: .never),
            key: Sample.key)
        #expect(answer.value.amount == Money(980, .jpy))
        #expect(answer.requestID == "req_ok")
        #expect(!answer.replayed)
        let request = try #require(bench.requests.first)
        #expect(request.method == "POST")
        #expect(request.url == "https://api.stripe.com/v1/payment_intents")
        #expect(request.headers["Authorization"] == "Bearer \(Bench.secretKey)")
        #expect(request.headers["Stripe-Version"] == "2026-10-28.endive")
        #expect(request.headers["Idempotency-Key"] == "0190b0c8-0000-7000-8000-000000000001:pay:1")
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(request.headers["User-Agent"]?.hasPrefix("Kessai/") == true)
        #expect(
            try bench.parameters() == [
                "amount": "980", "currency": "jpy", "customer": "cus_1", "metadata[order_id]": "o1",
                "automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never",
            ])
    }

    @Test func `a read carries no key and no body, and its parameters in the query`() async throws {
        let bench = Bench([.ok(Sample.list(Sample.intent))])
        let answer = try await bench.client.listPaymentIntents(
            customer: StripeCustomerID("cus_1"), created: StripeCreated(from: Timestamp(epochSeconds: 5)),
            page: StripePage(limit: 500, startingAfter: Sample.intentID))
        #expect(answer.value.data.map(\.id) == [Sample.intentID])
        let request = try #require(bench.requests.first)
        #expect(request.method == "GET")
        #expect(request.headers["Idempotency-Key"] == nil)
        #expect(request.body.isEmpty)
        #expect(
            try bench.parameters() == [
                "customer": "cus_1", "created[gte]": "5", "limit": "100", "starting_after": "pi_1",
            ])
    }

    @Test func `a deletion needs no key, since Stripe passes it over`() async throws {
        let bench = Bench([.ok(["id": "we_1", "object": "webhook_endpoint", "deleted": true])])
        let answer = try await bench.client.deleteWebhookEndpoint(StripeWebhookEndpointID("we_1"))
        #expect(answer.value.rawValue == "we_1")
        #expect(bench.requests.first?.method == "DELETE")
        #expect(bench.requests.first?.url == "https://api.stripe.com/v1/webhook_endpoints/we_1")
        #expect(bench.requests.first?.headers["Idempotency-Key"] == nil)
    }

    @Test func `GEN-08, every POST of the client carries its key`() async throws {
        let bench = Bench([
            .ok(Sample.customer), .ok(Sample.customer), .ok(Sample.intent), .ok(Sample.intent), .ok(Sample.intent),
            .ok(Sample.intent), .ok(Sample.refund), .ok(Sample.endpoint),
        ])
        let client = bench.client
        _ = try await client.createCustomer(CreateCustomer(), key: Sample.key)
        _ = try await client.updateCustomer(StripeCustomerID("cus_1"), CreateCustomer(), key: Sample.key)
        _ = try await client.createPaymentIntent(CreatePaymentIntent(amount: Money(980, .jpy)), key: Sample.key)
        _ = try await client.updatePaymentIntent(Sample.intentID, UpdatePaymentIntent(), key: Sample.key)
        _ = try await client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        _ = try await client.cancelPaymentIntent(Sample.intentID, key: Sample.key)
        _ = try await client.createRefund(CreateRefund(.paymentIntent(Sample.intentID)), key: Sample.key)
        _ = try await client.createWebhookEndpoint(
            CreateWebhookEndpoint(url: "https://shop.example.jp/hook", enabledEvents: ["*"]), key: Sample.key)
        #expect(bench.requests.count == 8)
        for request in bench.requests {
            #expect(request.method == "POST")
            #expect(request.headers.values("Idempotency-Key") == [Sample.key.rawValue])
        }
    }

    @Test func `an endpoint is made with the version that we read`() async throws {
        let bench = Bench([.ok(Sample.endpoint)])
        let answer = try await bench.client.createWebhookEndpoint(
            CreateWebhookEndpoint(url: "https://shop.example.jp/hook", enabledEvents: ["charge.refunded", "*"]),
            key: Sample.key)
        #expect(try bench.parameters()["api_version"] == "2026-10-28.endive")
        #expect(try bench.parameters()["enabled_events[1]"] == "*")
        #expect(answer.value.secret == Secret("whsec_new"))
    }

    @Test(arguments: ["http://127.0.0.1:12111", "http://127.0.0.1:12111/", "http://127.0.0.1:12111//"])
    func `another base is taken with or without its slash`(base: String) async throws {
        let bench = Bench([.ok(Sample.charge)], apiBase: base)
        _ = try await bench.client.retrieveCharge(StripeChargeID("ch_1"))
        #expect(bench.requests.first?.url == "http://127.0.0.1:12111/v1/charges/ch_1")
    }

    @Test(arguments: ["", ".", "..", String(repeating: "x", count: 256)])
    func `an id that would ask for something else is refused before it is sent`(text: String) async throws {
        let bench = Bench([])
        let error = try await failure {
            try await bench.client.retrievePaymentIntent(StripePaymentIntentID(text))
        }
        #expect(error == .invalidRequest(StripeInvalidRequest(status: nil, code: "id_invalid", param: "id")))
        #expect(bench.requests.isEmpty)
    }

    @Test func `an id cannot leave its place in the path`() async throws {
        let bench = Bench([.ok(Sample.charge)])
        _ = try await bench.client.retrieveCharge(StripeChargeID("../refunds?limit=1#"))
        #expect(bench.requests.first?.url == "https://api.stripe.com/v1/charges/..%2Frefunds%3Flimit%3D1%23")
    }

    @Test(arguments: ["", "sk_test_\r\nX-Injected: 1", "sk test"])
    func `without a key that a header can carry nothing is sent`(secretKey: String) async throws {
        let bench = Bench([], secretKey: secretKey)
        let error = try await failure {
            try await bench.client.retrieveCharge(StripeChargeID("ch_1"))
        }
        #expect(error == .authentication)
        #expect(bench.requests.isEmpty)
    }

    @Test(arguments: [
        ("sk_live_1", true), ("rk_live_1", true), ("sk_test_1", false), ("rk_test_1", false), ("", false),
        ("xsk_live_1", false),
    ]) func `the key says whether the money is real`(key: String, live: Bool) {
        #expect(Bench([], secretKey: key).client.livemode == live)
    }

    @Test func `a search quotes what it looks for`() async throws {
        let bench = Bench([.ok(Sample.list())])
        let answer = try await bench.client.searchCustomers(metadata: "user_id", equals: "a\"b\\c' OR email:\"x")
        #expect(answer.value.isEmpty)
        #expect(try bench.parameters()["query"] == #"metadata["user_id"]:"a\"b\\c' OR email:\"x""#)
    }

    @Test func `more than twenty types of events are refused before they are sent`() async throws {
        let bench = Bench([])
        let error = try await failure {
            try await bench.client.listEvents(types: (0...20).map { "t\($0)" })
        }
        #expect(error == .invalidRequest(StripeInvalidRequest(status: nil, code: "types_limit", param: "types")))
    }

    @Test func `a replay is told`() async throws {
        let bench = Bench([.ok(Sample.intent, ["Request-Id": "req_2", "Idempotent-Replayed": "true"])])
        let answer = try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        #expect(answer.replayed)
    }
}
