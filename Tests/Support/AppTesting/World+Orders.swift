public import JSON
import Testing

// What buyers and operators do with orders that are there.
extension World {
    /// Cancels an order.
    public func cancel(_ order: PlacedOrder, by person: Person) async -> Reply {
        await send("POST", "/api/orders/\(order.id)/cancel", token: person.token)
    }

    /// The order as somebody may see it.
    public func read(_ order: PlacedOrder, by person: Person) async -> Reply {
        await send("GET", "/api/orders/\(order.id)", token: person.token)
    }

    /// Refunds an order, by default all that is left of it.
    public func refund(
        _ order: PlacedOrder, _ body: JSONValue = [:], by person: Person, key: String? = nil
    ) async -> Reply {
        await send("POST", "/api/admin/orders/\(order.id)/refunds", token: person.token, key: key, body: body)
    }

    /// The refunds of an order, as an operator sees them.
    public func refunds(_ order: PlacedOrder, by person: Person) async -> [JSONValue] {
        await send("GET", "/api/admin/orders/\(order.id)/refunds", token: person.token)["data"]?.array ?? []
    }

    /// The open reviews.
    public func reviews(by person: Person) async -> [JSONValue] {
        await send("GET", "/api/admin/reviews", token: person.token)["data"]?.array ?? []
    }

    /// Resolves a review.
    public func resolve(_ review: JSONValue, by person: Person) async -> Reply {
        await send(
            "POST", "/api/admin/reviews/\(review["id"]?.string ?? "")/resolve", token: person.token,
            body: ["note": "looked at"])
    }

    /// The lines of an order's life story.
    public func story(_ order: PlacedOrder, by person: Person) async -> [JSONValue] {
        await send("GET", "/api/admin/orders/\(order.id)/story", token: person.token)["lines"]?.array ?? []
    }

    /// How many packets of tea are left.
    public func teaLeft() async -> Int64? {
        await send("GET", "/api/products")["data"]?.array?.first { $0["id"] == "tea" }?["stock"]?.int
    }

    /// Every object of a list at Stripe, of at most a hundred.
    public func listAtStripe(_ path: String, _ query: String = "") async throws -> [JSONValue] {
        try #require(try await atStripe("GET", "\(path)?limit=100\(query)")["data"]?.array)
    }

    /// Pays an order at Stripe behind the application's back, with an intent of our own making that names it.
    public func payDirectly(
        _ order: PlacedOrder, amount: Int64? = nil, currency: String = "jpy", customer: String? = nil,
        card: String = "pm_card_visa"
    ) async throws -> String {
        var form = "amount=\(amount ?? order.total)&currency=\(currency)&metadata[order_id]=\(order.id)"
        if let customer { form += "&customer=\(customer)" }
        let intent = try await atStripe("POST", "/v1/payment_intents", form)
        let id = try #require(intent["id"]?.string)
        let paid = try await confirm(id, card: card)
        try #require(paid["status"]?.string == "succeeded")
        return id
    }

    /// An intent's status at Stripe; nil when Stripe has no such intent.
    public func statusAtStripe(_ intent: String) async throws -> String? {
        try await atStripe("GET", "/v1/payment_intents/\(intent)")["status"]?.string
    }

    /// The customer at Stripe of an intent.
    public func customer(ofIntent intent: String) async throws -> String {
        try #require(try await atStripe("GET", "/v1/payment_intents/\(intent)")["customer"]?.string)
    }
}
