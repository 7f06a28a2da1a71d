internal import Accounts
internal import Audit
internal import HTTP
internal import Identity
public import JSON
internal import Kernel
internal import KessaiApp
internal import Shop
internal import StripeSandbox
import Testing

/// Somebody logged in.
public struct Person: Sendable {
    /// The user's id.
    public let id: String
    /// The bearer token.
    public let token: String
}

/// An order as a test follows it.
public struct PlacedOrder: Sendable {
    /// Its id.
    public let id: String
    /// Its number.
    public let number: Int64
    /// Its total in minor units.
    public let total: Int64
}

extension World {
    /// Registers a buyer and logs in.
    public func buyer(_ name: String = "buyer") async throws -> Person {
        let address = "\(name)@example.com"
        let made = await send(
            "POST", "/api/auth/register",
            body: ["email": .string(address), "password": "a long enough password"])
        try #require(made.status == 201)
        return try await logIn(address)
    }

    /// Adds an operator and logs in.
    public func `operator`(_ name: String = "operator") async throws -> Person {
        let address = "\(name)@example.com"
        _ = try await app.accounts.addUser(
            email: Secret(address), password: Secret("a long enough password"), name: nil, role: .operator,
            actor: .cli)
        return try await logIn(address)
    }

    /// Lets somebody log in no more.
    public func disable(_ person: Person) async throws {
        _ = try await app.accounts.disable(ID(person.id), actor: .cli)
    }

    /// Logs somebody in again, after the token's time is over.
    public func again(_ address: String) async throws -> Person { try await logIn(address) }

    private func logIn(_ address: String) async throws -> Person {
        let login = await send(
            "POST", "/api/auth/login", body: ["email": .string(address), "password": "a long enough password"])
        let token = try #require(login["access_token"]?.string)
        let me = await send("GET", "/api/me", token: token)
        return Person(id: try #require(me["id"]?.string), token: token)
    }

    /// Puts products on sale: `tea` at ¥980 with 100 in stock, and `pot` at ¥14,540.
    public func stockShop() async throws {
        _ = try await app.products.importAll(
            [
                Product(
                    id: "tea", name: "煎茶", description: "", unitAmount: Money(980, .jpy), stock: 100, active: true),
                Product(
                    id: "pot", name: "急須", description: "", unitAmount: Money(14_540, .jpy), stock: nil, active: true),
            ], by: .cli)
    }

    /// Orders so many packets of tea.
    public func order(_ quantity: Int64 = 1, by person: Person, product: String = "tea") async throws -> PlacedOrder {
        let reply = await send(
            "POST", "/api/orders", token: person.token,
            body: ["items": [["product_id": .string(product), "quantity": .int(quantity)]]])
        try #require(reply.status == 201)
        return PlacedOrder(
            id: try #require(reply["id"]?.string), number: try #require(reply["number"]?.int),
            total: try #require(reply["total"]?["amount"]?.int))
    }

    /// Asks for the payment of an order.
    public func intent(_ order: PlacedOrder, by person: Person) async -> Reply {
        await send("POST", "/api/payments/intent", token: person.token, body: ["order_id": .string(order.id)])
    }

    /// Opens the payment of an order; returns the intent's id.
    public func openPayment(_ order: PlacedOrder, by person: Person) async throws -> String {
        let reply = await intent(order, by: person)
        try #require(reply.status == 200)
        return try #require(reply["payment_intent_id"]?.string)
    }

    /// Confirms an intent at Stripe as the buyer's client would; returns Stripe's answer.
    @discardableResult
    public func confirm(_ intent: String, card: String = "pm_card_visa") async throws -> JSONValue {
        try await atStripe(
            "POST", "/v1/payment_intents/\(intent)/confirm",
            "payment_method=\(card)&return_url=\(PercentCoding.encode(World.origin + "/"))")
    }

    /// Calls Stripe with the secret key, whatever it answers.
    public func atStripe(
        _ method: String, _ path: String, _ form: String = "", key: String? = nil
    ) async throws -> JSONValue {
        var headers: HTTPHeaders = [
            "Authorization": "Bearer sk_test_kessai", "Content-Type": "application/x-www-form-urlencoded",
        ]
        if let key { headers["Idempotency-Key"] = key }
        let response = try await stripe.send(
            HTTPClientRequest(
                method: method, url: Settings.stripeOwnBase + path, headers: headers, body: Array(form.utf8)))
        return try JSONValue(parsing: response.body)
    }

    /// Sends JSON to the sandbox's own controls.
    public func atStripe(_ method: String, _ path: String, json: JSONValue) async throws -> JSONValue {
        let response = try await stripe.send(
            HTTPClientRequest(
                method: method, url: Settings.stripeOwnBase + path, headers: ["Content-Type": "application/json"],
                body: json.bytes()))
        return try JSONValue(parsing: response.body)
    }

    /// Buys: orders, opens, confirms, and lets the events arrive.
    public func buy(_ quantity: Int64 = 1, by person: Person) async throws -> (order: PlacedOrder, intent: String) {
        let order = try await order(quantity, by: person)
        let intent = try await openPayment(order, by: person)
        try await confirm(intent)
        await deliver()
        return (order, intent)
    }

    /// The status of an order, as its buyer sees it.
    public func status(_ order: PlacedOrder, by person: Person) async -> String? {
        await send("GET", "/api/orders/\(order.id)", token: person.token)["status"]?.string
    }
}
