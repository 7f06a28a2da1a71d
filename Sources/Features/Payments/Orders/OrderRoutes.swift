internal import Database
internal import HTTP
internal import Identity
internal import Kernel
public import KessaiAPI

/// Reading and canceling one's own orders; operators may any.
struct OrderRoutes: Sendable {
    let database: any Database
    let cancellations: CancellationService

    var routes: [Route] { [list, one, cancel] }

    private var list: Route {
        Route(
            "GET", "/api/orders", "My orders, newest first", tag: "Orders", access: .authenticated,
            queries: [OrderPages.limit, OrderPages.cursor],
            answers: [.init(200, "A page of orders.", APIList<OrderResponse>.schema)]
        ) { context in
            let principal = try context.authenticated()
            return try await page(context, userID: principal.userID)
        }
    }

    private var one: Route {
        Route(
            "GET", "/api/orders/{id}", "An order, by id or number", tag: "Orders", access: .authenticated,
            answers: [.init(200, "The order.", OrderResponse.schema)]
        ) { context in
            let principal = try context.authenticated()
            let reference = try OrderReference.of(context.parameter("id"))
            let response = try await database.read { tx -> OrderResponse in
                let orders = OrderRepository(tx: tx)
                guard let order = try orders.find(reference),
                    order.userID == principal.userID || principal.role == .operator
                else { throw PaymentError.orderNotFound }
                return OrderResponse(order, lines: try orders.lines(of: [order])[order.id] ?? [])
            }
            return .json(try response.jsonValue())
        }
    }

    private var cancel: Route {
        Route(
            "POST", "/api/orders/{id}/cancel", "Cancel an unpaid order", tag: "Orders", access: .authenticated,
            answers: [
                .init(200, "The canceled order.", OrderResponse.schema),
                .init(202, "Stripe has not confirmed yet; it is being canceled.", OrderResponse.schema),
            ]
        ) { context in
            let principal = try context.authenticated()
            let order = try await cancellations.cancel(
                try OrderReference.of(context.parameter("id")), by: principal, cause: .request(context.requestID))
            let lines = try await database.read { tx in try OrderRepository(tx: tx).lines(of: [order])[order.id] }
            return .json(
                try OrderResponse(order, lines: lines ?? []).jsonValue(), status: order.status == .canceled ? 200 : 202)
        }
    }

    private func page(_ context: RequestContext, userID: String) async throws -> HTTPResponse {
        let limit = OrderPages.limit(context)
        let last = try OrderPages.before(context)
        let page = try await database.read { tx -> APIList<OrderResponse> in
            let orders = OrderRepository(tx: tx)
            // One more than asked for tells whether there are more.
            let found = try orders.page(OrderFilter(userID: userID), before: last, limit: limit + 1)
            let shown = Array(found.prefix(limit))
            let lines = try orders.lines(of: shown)
            let cursor = found.count > limit ? shown.last.map { String($0.number) } : nil
            return APIList(shown.map { OrderResponse($0, lines: lines[$0.id] ?? []) }, nextCursor: cursor)
        }
        return .json(try page.jsonValue())
    }
}

extension OrderReference {
    /// The reference of a path; what is neither a UUID nor a number names no order.
    static func of(_ text: String) throws -> OrderReference {
        guard let reference = OrderReference(text) else { throw PaymentError.orderNotFound }
        return reference
    }
}

extension OrderResponse {
    /// The order's face.
    public init(_ order: Order, lines: [OrderLine]) {
        self.init(
            id: order.id.rawValue, number: order.number, status: order.status.rawValue, seller: order.seller,
            total: MoneyDTO(order.total), refunded: MoneyDTO(Money(order.refundedMinor, order.total.currency)),
            disputed: order.disputed, paymentIntentID: order.stripePaymentIntentID,
            items: lines.map { line in
                OrderItemDTO(
                    productID: line.productID, description: line.description, quantity: line.quantity,
                    unitAmount: MoneyDTO(line.unitAmount), amount: MoneyDTO(line.amount))
            },
            createdAt: TimeDTO(order.createdAt), expiresAt: TimeDTO(order.expiresAt),
            cancelRequestedAt: order.cancelRequestedAt.map { TimeDTO($0) },
            canceledAt: order.canceledAt.map { TimeDTO($0) }, paidAt: order.paidAt.map { TimeDTO($0) })
    }
}
