internal import CommandWords
internal import CurlTransport
internal import HTTP
internal import JSON
internal import Kernel
internal import Payments

/// A buyer buys: through the server's own door and the sandbox's, as a client would.
struct OrdersDemo {
    let world: DemoWorld
    let transcript: Transcript

    private static let system = "orders"
    private var client: DemoClient { DemoClient(world: world, system: Self.system) }

    func run() async throws {
        transcript.title("Orders: a cart, paid with a PaymentIntent")
        let token = try await logIn()
        let order = try await placeOrder(token)
        let intent = try await openPayment(order, token)
        try await confirm(intent, card: "pm_card_visa_chargeDeclined", expecting: 402, step: "declined")
        transcript.step(
            Self.system, "declined", "the bank declines the first card; nothing is charged",
            ["payment_intent": .string(intent)])
        try await confirm(intent, card: "pm_card_visa", expecting: 200, step: "confirm")
        transcript.step(
            Self.system, "confirm", "another card is accepted by Stripe", ["payment_intent": .string(intent)])
        let paid = try await untilPaid(order, token)
        transcript.step(
            Self.system, "paid", "the signed event arrives: the order is paid and fulfilled",
            [
                "order_id": .string(order), "status": JSONValue(paid["status"]?.string),
                "paid_at": JSONValue(paid["paid_at"]?.string),
            ])
        try await tellStory(order)
    }

    private func logIn() async throws -> String {
        let answer = try await client.post(
            world.url + "/api/auth/login",
            ["email": .string(world.buyer.email), "password": .string(world.buyer.password)],
            expecting: 200, step: "login")
        guard let token = answer["access_token"]?.string else { throw client.failure("login", "no token") }
        transcript.step(Self.system, "login", "a buyer logs in as \(world.buyer.email)")
        return token
    }

    private func placeOrder(_ token: String) async throws -> String {
        let answer = try await client.post(
            world.url + "/api/orders",
            ["items": [["product_id": "sencha", "quantity": 2], ["product_id": "teapot", "quantity": 1]]],
            headers: authorized(token),
            expecting: 201, step: "order")
        guard let id = answer["id"]?.string, let number = answer["number"]?.int,
            let total = answer["total"]?["amount"]?.int
        else { throw client.failure("order", "no order") }
        transcript.step(
            Self.system, "order", "orders two packets of tea and a teapot: number \(number), \(Money(total, .jpy))",
            ["order_id": .string(id), "number": .int(number), "total": .int(total)])
        return id
    }

    private func openPayment(_ order: String, _ token: String) async throws -> String {
        let answer = try await client.post(
            world.url + "/api/payments/intent", ["order_id": .string(order)], headers: authorized(token),
            expecting: 200, step: "intent")
        guard let intent = answer["payment_intent_id"]?.string, let amount = answer["amount"]?.int else {
            throw client.failure("intent", "no intent")
        }
        transcript.step(
            Self.system, "intent", "the payment is opened at Stripe: \(intent)",
            ["payment_intent": .string(intent), "amount": .int(amount)])
        return intent
    }

    /// Confirms as Stripe.js would on the buyer's behalf.
    private func confirm(_ intent: String, card: String, expecting status: Int, step: String) async throws {
        let form = "payment_method=\(card)&return_url=\(PercentCoding.encode(world.url + "/"))"
        _ = try await client.send(
            HTTPClientRequest(
                method: "POST", url: world.stripeURL + "/v1/payment_intents/\(intent)/confirm",
                headers: [
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Authorization": "Bearer \(world.secretKey)",
                ], body: Array(form.utf8)), expecting: status, step: step)
    }

    private func untilPaid(_ order: String, _ token: String) async throws -> JSONValue {
        try await client.read(
            world.url + "/api/orders/\(order)", authorized(token), until: { $0["status"]?.string == "paid" },
            step: "paid", "the order was not paid")
    }

    private func tellStory(_ order: String) async throws {
        guard let reference = OrderReference(order),
            let story = try await LifeStory.read(reference, from: world.database, clock: world.clock)
        else { throw client.failure("why", "the order has no story") }
        if transcript.json {
            transcript.step(Self.system, "why", "", ["lines": .array(story.lines.map(\.json))])
        } else {
            transcript.title("kessai why \(story.order.number)")
            Terminal.write(WhyCommand.tell(story))
        }
    }

    private func authorized(_ token: String) -> HTTPHeaders {
        var headers = DemoClient.json
        headers["Authorization"] = "Bearer \(token)"
        return headers
    }
}
