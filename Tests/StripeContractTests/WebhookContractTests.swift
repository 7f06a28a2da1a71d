import HTTP
import JSON
import Kernel
import KernelTesting
import StripeClient
import StripeSandbox
import Synchronization
import Testing

/// What the sandbox signs, the verifier takes, and nothing else.
@Suite struct WebhookContractTests {
    /// Keeps what comes, and answers 200.
    private final class Receiver: HTTPHandler {
        private let kept = Mutex<[HTTPRequest]>([])
        var requests: [HTTPRequest] { kept.withLock { $0 } }

        func admit(_ head: HTTPRequestHead) -> HTTPAdmission { .accept(bodyBytesMax: 1 << 20) }

        func respond(to request: HTTPRequest) async -> HTTPResponse {
            kept.withLock { $0.append(request) }
            return HTTPResponse(status: 200)
        }
    }

    private func deliver(_ world: World) async {
        for _ in 0..<20 where await world.sandbox.deliverDue(via: world.transport) > 0 {}
    }

    @Test func `a delivered event is verified by its raw body and then read`() async throws {
        let receiver = Receiver()
        let world = World(receiver: receiver)
        let endpoint = try await world.client.createWebhookEndpoint(
            CreateWebhookEndpoint(url: "https://shop.example.jp/hook", enabledEvents: ["*"]), key: world.key()
        ).value
        let secret = try #require(endpoint.secret)
        #expect(endpoint.apiVersion == "2026-10-28.endive")
        let paid = try await world.paid()
        await deliver(world)
        let verifier = StripeSignatureVerifier(secrets: [Secret("whsec_old"), secret])
        var types: Set<String> = []
        for request in receiver.requests {
            let header = request.head.headers["Stripe-Signature"]
            try verifier.verify(header: header, rawBody: request.body, now: world.clock.now())
            let event = try StripeEvent(verified: request.body)
            types.insert(event.type)
            if event.type == "payment_intent.succeeded" {
                #expect(try StripePaymentIntent(json: event.object).id == paid.id)
            }
            // The same event written anew is other bytes, and those were not signed.
            let rewritten = try JSONValue(parsing: request.body).bytes()
            #expect(throws: StripeSignatureError.mismatch) {
                try verifier.verify(header: header, rawBody: rewritten, now: world.clock.now())
            }
            #expect(throws: StripeSignatureError.tooOld) {
                try verifier.verify(
                    header: header, rawBody: request.body, now: world.clock.now().adding(.seconds(400)))
            }
        }
        #expect(types.isSuperset(of: ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]))
    }

    @Test func `endpoints are made, listed without their secret, and deleted`() async throws {
        let world = World()
        let made = try await world.client.createWebhookEndpoint(
            CreateWebhookEndpoint(
                url: "https://shop.example.jp/hook", enabledEvents: ["payment_intent.succeeded", "charge.refunded"],
                description: "orders", metadata: ["system": "shop"]),
            key: world.key()
        ).value
        let listed = try await world.client.listWebhookEndpoints().value.data
        let found = try #require(listed.first { $0.id == made.id })
        #expect(found.secret == nil)
        #expect(found.enabledEvents == ["payment_intent.succeeded", "charge.refunded"])
        #expect(try await world.client.deleteWebhookEndpoint(made.id).value == made.id)
        #expect(try await !world.client.listWebhookEndpoints().value.data.contains { $0.id == made.id })
        let error = try await failure { try await world.client.deleteWebhookEndpoint(made.id) }
        #expect(error.isResourceMissing)
    }
}
