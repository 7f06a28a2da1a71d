internal import HTTP
internal import KessaiAPI
internal import Payments

/// `POST /api/orders`.
struct CartRoutes: Sendable {
    let service: CartService

    var routes: [Route] {
        [
            Route(
                "POST", "/api/orders", "Order a cart", tag: "Orders", access: .authenticated,
                body: CreateOrderRequest.schema,
                answers: [
                    .init(201, "The order.", OrderResponse.schema),
                    .init(
                        409, "out_of_stock, or too_many_open_orders: pay or cancel one first.", Problem.schema,
                        mediaType: "application/problem+json"),
                ]
            ) { context in
                let principal = try context.authenticated()
                let cart = try CreateOrderRequest(validated: context.json)
                let (order, lines) = try await service.order(
                    cart, by: principal, requestKey: context.requestKey, cause: .request(context.requestID))
                return .json(try OrderResponse(order, lines: lines).jsonValue(), status: 201)
            }
        ]
    }
}
