import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Changes Stripe's answers to requests of one method and part of a path; Stripe may be asked for them or not.
private struct Changing: HTTPTransport {
    let inner: any HTTPTransport
    let method: String
    let pathPart: String
    var isAsked = true
    let change: @Sendable (HTTPResponse) -> HTTPResponse

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        guard request.method == method, request.url.contains(pathPart) else { return try await inner.send(request) }
        return change(isAsked ? try await inner.send(request) : HTTPResponse(status: 200))
    }
}

/// What Stripe says rarely, or should never say.
@Suite struct StrangeAnswerTests {
    private static func member(_ name: String, to value: JSONValue) -> @Sendable (HTTPResponse) -> HTTPResponse {
        { response in
            guard let json = try? JSONValue(parsing: response.body) else { return response }
            return .json(json.changing(name, to: value), status: response.status, headers: response.headers)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an intent without a client secret is not handed out, and the repeat is safe`(engine: TestEngine) async throws
    {
        var options = World.Options()
        options.changingStripe = { stripe in
            Changing(
                inner: stripe, method: "POST", pathPart: "/v1/payment_intents",
                change: Self.member("client_secret", to: .null))
        }
        try await World.run(on: engine, options) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let reply = await world.intent(order, by: buyer)
            #expect(reply.status == 400)
            #expect(reply.code == "payment_intent_creation_failed")
            // The intent is known all the same; reading it brings the secret.
            let again = await world.intent(order, by: buyer)
            #expect(again.status == 200)
            #expect(try await world.listAtStripe("/v1/payment_intents").count == 1)
        }
    }

    @Test(arguments: TestEngine.all, ["processing", "requires_capture"])
    func `an intent that Stripe calls not cancelable is left to its outcome`(engine: TestEngine, status: String)
        async throws
    {
        var options = World.Options()
        options.changingStripe = { stripe in
            Changing(
                inner: Changing(
                    inner: stripe, method: "POST", pathPart: "/cancel", isAsked: false,
                    change: { _ in
                        .json(
                            ["error": ["type": "invalid_request_error", "code": "payment_intent_unexpected_state"]],
                            status: 400)
                    }),
                method: "GET", pathPart: "/v1/payment_intents/pi_", change: Self.member("status", to: .string(status)))
        }
        try await World.run(on: engine, options) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            let reply = await world.cancel(order, by: buyer)
            #expect(reply.status == 409)
            #expect(reply.code == "payment_in_progress")
            let read = await world.read(order, by: buyer)
            #expect(read["status"] == "awaiting_payment")
            #expect(read["cancel_requested_at"] == .null)
            #expect(await world.teaLeft() == 99)
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a superfluous intent that was paid meanwhile is told as not cancelable, and its money is flagged`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let open = try await world.openPayment(order, by: buyer)
            _ = try await world.payDirectly(order, customer: try await world.customer(ofIntent: open))
            await world.deliver()
            try await world.confirm(open)
            try await world.work()
            await world.deliver()
            let story = await world.story(order, by: chief)
            let line = try #require(story.first { $0["what"] == "superfluous_intent_not_cancelable" })
            #expect(line["facts"]?["payment_intent"]?.string == open)
            let key = try #require(line["facts"]?["idempotency_key"]?.string)
            #expect(key.hasPrefix("cancel-\(open)-") && key.hasSuffix("-1"))
            #expect(await world.reviews(by: chief).map { $0["kind"] } == ["duplicate_payment"])
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an intent of an order of ours without our installation's id is the order's`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent)
            let event = try #require(try await world.event("payment_intent.succeeded"))
            let installation = event["data"]?["object"]?["metadata"]?["kessai_installation"]?.string
            #expect(installation != nil)
            let bare = event.changing("data", "object", "metadata", to: ["order_id": .string(order.id)])
            #expect(await world.receive(bare)["actions"]?[0]?["action"] == "order_paid")
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: ["pk_test_told", ""])
    func `the publishable key is told with the intent where it is configured`(key: String) async throws {
        var options = World.Options()
        options.environment["STRIPE_PUBLISHABLE_KEY"] = key
        try await World.run(on: .sqlite, options) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let reply = await world.intent(try await world.order(by: buyer), by: buyer)
            #expect(reply["publishable_key"] == (key.isEmpty ? .null : .string(key)))
        }
    }

    @Test(arguments: TestEngine.all)
    func `a dead letter that nobody knows is not found`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            for id in ["019aa000-0000-7000-8000-000000000009", "nothing"] {
                let reply = await world.send("POST", "/api/admin/dead-letters/\(id)/replay", token: chief.token)
                #expect(reply.status == 404)
            }
        }
    }
}
