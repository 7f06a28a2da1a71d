import Crypto
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Payments
import StripeClient
import StripeSandbox
import Synchronization
import Testing

/// Says of every list that there is more, and gives its first page again and again.
private final class Endless: HTTPTransport {
    private let inner: any HTTPTransport
    private let asked = Mutex(0)
    var count: Int { asked.withLock { $0 } }

    init(_ inner: any HTTPTransport) { self.inner = inner }

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        guard request.method == "GET" else { return try await inner.send(request) }
        asked.withLock { $0 += 1 }
        var request = request
        let parts = request.url.split(separator: "?", maxSplits: 1)
        let query = parts.last?.split(separator: "&").filter { !$0.hasPrefix("starting_after") } ?? []
        request.url = "\(parts.first ?? "")?\(query.joined(separator: "&"))"
        let response = try await inner.send(request)
        guard let json = try? JSONValue(parsing: response.body), case .object(var list) = json else { return response }
        list["has_more"] = true
        return .json(.object(list), status: response.status)
    }
}

/// S3-ARCH-02: Stripe as Payments asks it, behind one interface.
@Suite struct StripeGatewayTests {
    private let clock = ManualClock()
    private let stripe: any StripeService

    init() { stripe = Self.gateway(secrets: ["whsec_new", "whsec_old"], clock: clock) }

    private static let base = "https://api.stripe.com"

    private static func gateway(
        secrets: [String], clock: ManualClock, transport: (any HTTPTransport)? = nil
    ) -> StripeGateway {
        let sandbox = StripeSandbox(clock: clock, random: SeededRandom(1), log: .silent, options: .init())
        return StripeGateway(
            client: StripeClient(
                configuration: StripeConfiguration(
                    secretKey: Secret("sk_test_kessai"), apiBase: base, retriesMax: 0),
                transport: transport ?? SandboxTransport(hosts: [base: sandbox], clock: clock), clock: clock,
                random: SeededRandom(2), log: .silent), webhookSecrets: secrets.map { Secret($0) }, clock: clock)
    }

    private func signed(_ body: [UInt8], secret: String, ageSeconds: Int64 = 0) -> String {
        let time = String(clock.now().epochSeconds - ageSeconds)
        let digest = Digest.hmacSHA256(key: Array(secret.utf8), Array((time + ".").utf8) + body)
        return "t=\(time),v1=\(Hex.encode(digest))"
    }

    @Test func `an intent is created once under its key, and read back (S3-ARCH-02)`() async throws {
        let customer = try await stripe.createCustomer(
            CreateCustomer(email: nil, metadata: ["kessai_user_id": "u"]), key: key("customer-u-1")
        ).value
        let parameters = CreatePaymentIntent(
            amount: Money(980, .jpy), customer: customer.id, metadata: ["order_id": "o"])
        let made = try await stripe.createPaymentIntent(parameters, key: key("o-1")).value
        let again = try await stripe.createPaymentIntent(parameters, key: key("o-1")).value
        #expect(again.id == made.id)
        let read = try await stripe.retrievePaymentIntent(made.id).value
        #expect(read.amount == Money(980, .jpy))
        #expect(read.customer == customer.id)
        #expect(!stripe.livemode)
    }

    @Test func `a list that goes on and on tells nothing of what is not found, and is read no further (laws 3 and 14)`()
        async throws
    {
        let sandbox = StripeSandbox(clock: clock, random: SeededRandom(1), log: .silent, options: .init())
        let endless = Endless(SandboxTransport(hosts: [Self.base: sandbox], clock: clock))
        let gateway = Self.gateway(secrets: [], clock: clock, transport: endless)
        func post(_ path: String, _ form: String) async throws -> String {
            let response = try await endless.send(
                HTTPClientRequest(
                    method: "POST", url: Self.base + path,
                    headers: [
                        "Authorization": "Bearer sk_test_kessai", "Content-Type": "application/x-www-form-urlencoded",
                    ], body: Array(form.utf8)))
            return try #require(try JSONValue(parsing: response.body)["id"]?.string)
        }
        let customer = StripeCustomerID(try await post("/v1/customers", "name=Somebody"))
        let intent = StripePaymentIntentID(
            try await post(
                "/v1/payment_intents",
                "amount=980&currency=jpy&customer=\(customer.rawValue)&payment_method=pm_card_visa&confirm=true"
                    + "&return_url=https://shop.example/"))
        _ = try await post("/v1/refunds", "payment_intent=\(intent.rawValue)&amount=100")
        let intents = await failure { try await gateway.paymentIntents(ofCustomer: customer, since: clock.now()) }
        #expect(intents as? StripeError == .unavailable(.notSent))
        #expect(endless.count == 10)
        let refunds = await failure { try await gateway.refunds(ofPaymentIntent: intent) }
        #expect(refunds as? StripeError == .unavailable(.notSent))
        #expect(endless.count == 20)
    }

    private func key(_ text: String) throws -> StripeIdempotencyKey { try #require(StripeIdempotencyKey(text)) }

    @Test(arguments: ["whsec_new", "whsec_old"])
    func `an event is read after its signature, by any of the secrets (S3-HOOK-04, S1-DISP-05)`(secret: String)
        throws
    {
        let body = Self.event.bytes()
        let event = try stripe.constructWebhookEvent(rawBody: body, signature: signed(body, secret: secret))
        #expect(try event.reading.get().type == "payment_intent.succeeded")
    }

    @Test func `a bad signature is refused before the body is read`() {
        let body = Self.event.bytes()
        let other = Array("not even JSON".utf8)
        let cases: [(body: [UInt8], signature: String?)] = [
            (body, nil), (body, ""), (body, "t=1"), (body, signed(body, secret: "whsec_other")),
            (body, signed(body, secret: "whsec_new", ageSeconds: 301)), (other, signed(body, secret: "whsec_new")),
            (body + [0x20], signed(body, secret: "whsec_new")),
        ]
        for (body, signature) in cases {
            let error = #expect(throws: PaymentError.self) {
                try stripe.constructWebhookEvent(rawBody: body, signature: signature)
            }
            #expect(error?.problem.code == "webhook_signature_invalid")
        }
        #expect(throws: PaymentError.webhookMalformed) {
            try stripe.constructWebhookEvent(rawBody: other, signature: signed(other, secret: "whsec_new"))
        }
    }

    @Test(arguments: [[], [""], ["", ""]])
    func `without a secret nothing is taken, whatever the signature (S3-CONF-03)`(secrets: [String]) {
        let body = Self.event.bytes()
        let bare = Self.gateway(secrets: secrets, clock: clock)
        for signature in [nil, signed(body, secret: "")] {
            #expect(throws: PaymentError.webhooksNotConfigured) {
                try bare.constructWebhookEvent(rawBody: body, signature: signature)
            }
        }
    }

    private static let event: JSONValue = [
        "id": "evt_1", "object": "event", "api_version": "2026-10-28.endive", "created": 1_795_233_600,
        "data": ["object": ["id": "pi_1", "object": "payment_intent"]], "livemode": false, "pending_webhooks": 1,
        "request": nil, "type": "payment_intent.succeeded",
    ]
}
