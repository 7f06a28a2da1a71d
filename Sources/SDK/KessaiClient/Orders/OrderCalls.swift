import HTTP
public import KessaiAPI

/// How the cancellation of an order ended.
public enum OrderCancellation: Sendable, Equatable {
    /// It is canceled.
    case canceled(OrderResponse)
    /// Stripe has not confirmed yet; it is being canceled by itself. Read the order.
    case underWay(OrderResponse)
}

extension KessaiClient {
    /// A page of what is sold, by name. `cursor` is the last page's `nextCursor`. Throws `KessaiError`.
    public func products(limit: Int? = nil, cursor: String? = nil) async throws(KessaiError) -> APIList<ProductResponse>
    {
        try await exchange.perform(.get("/api/products", query: KessaiBuyer.page(limit, cursor)))
    }
}

extension KessaiBuyer {
    /// Orders a cart. The server names the prices.
    ///
    /// Store the key before the call: after a restart the same key and cart find the same order. Throws `KessaiError`:
    /// `out_of_stock`, `too_many_open_orders`.
    public func placeOrder(
        _ items: [CreateOrderRequest.Item], key: RequestKey
    ) async throws(KessaiError) -> OrderResponse {
        try await exchange.perform(
            .post("/api/orders", CreateOrderRequest(items: items), key: key, token: accessToken))
    }

    /// Opens the payment of an order, or finds it open: a repeat returns the same intent. Confirm it with one of
    /// Stripe's SDKs, by its client secret. Throws `KessaiError`.
    ///
    /// - Parameters:
    ///   - order: The order's id.
    ///   - amount: What the app shows as the price. Decides nothing; the server logs a difference.
    public func openPayment(order: String, amount: Int64? = nil) async throws(KessaiError) -> IntentResponse {
        try await exchange.perform(
            .post("/api/payments/intent", CreateIntentRequest(orderID: .id(order), amount: amount), token: accessToken))
    }

    /// An order, by its id or number. Throws `KessaiError`: `order_not_found`.
    public func order(_ name: String) async throws(KessaiError) -> OrderResponse {
        try await exchange.perform(
            .get("/api/orders/\(try KessaiCall.segment(name, "the order's id"))", token: accessToken))
    }

    /// A page of one's orders, newest first. `cursor` is the last page's `nextCursor`. Throws `KessaiError`.
    public func orders(limit: Int? = nil, cursor: String? = nil) async throws(KessaiError) -> APIList<OrderResponse> {
        try await exchange.perform(.get("/api/orders", query: Self.page(limit, cursor), token: accessToken))
    }

    /// Cancels an unpaid order; a repeat is harmless. Throws `KessaiError`: `order_not_cancelable`,
    /// `payment_in_progress`.
    public func cancel(order: String) async throws(KessaiError) -> OrderCancellation {
        // A key of the call's own: under one that is kept, the answer of a cancellation under way would be repeated.
        let response = try await exchange.send(
            .post(
                "/api/orders/\(try KessaiCall.segment(order, "the order's id"))/cancel", nil, key: exchange.makeKey(),
                token: accessToken))
        let order: OrderResponse = try exchange.read(response)
        return response.status == 202 ? .underWay(order) : .canceled(order)
    }

    static func page(_ limit: Int?, _ cursor: String?) -> [(name: String, value: String?)] {
        [("limit", limit.map { String($0) }), ("cursor", cursor)]
    }
}
