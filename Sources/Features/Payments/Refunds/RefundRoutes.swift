internal import Database
internal import HTTP
internal import Identity
internal import Kernel
internal import KessaiAPI

/// Refunds by an operator.
struct RefundRoutes: Sendable {
    let database: any Database
    let service: RefundService

    var routes: [Route] { [create, list] }

    private var create: Route {
        Route(
            "POST", "/api/admin/orders/{id}/refunds", "Refund an order in full or in part", tag: "Administration",
            access: .roles([.operator]), body: CreateRefundRequest.schema,
            answers: [
                .init(201, "The refund.", RefundResponse.schema),
                .init(202, "Stripe has not confirmed yet; it is resolved later.", RefundResponse.schema),
            ]
        ) { context in
            let principal = try context.authenticated()
            let request = try CreateRefundRequest(validated: context.json)
            let refund = try await service.refund(
                try OrderReference.of(context.parameter("id")),
                RefundService.Request(
                    amountMinor: request.amount, reason: request.reason ?? "requested_by_customer",
                    paymentIntentID: request.paymentIntentID, requestKey: context.requestKey),
                by: principal, cause: .request(context.requestID))
            return .json(
                try RefundResponse(refund).jsonValue(), status: refund.state == .submitted ? 202 : 201)
        }
    }

    private var list: Route {
        Route(
            "GET", "/api/admin/orders/{id}/refunds", "The refunds of an order", tag: "Administration",
            access: .roles([.operator]), answers: [.init(200, "Its refunds.", APIList<RefundResponse>.schema)]
        ) { context in
            let reference = try OrderReference.of(context.parameter("id"))
            let refunds = try await database.read { tx -> [Refund] in
                guard let order = try OrderRepository(tx: tx).find(reference) else { throw PaymentError.orderNotFound }
                return try RefundRepository(tx: tx).of(order.id)
            }
            return .json(try APIList(refunds.map { RefundResponse($0) }, nextCursor: nil).jsonValue())
        }
    }
}

extension RefundResponse {
    init(_ refund: Refund) {
        self.init(
            id: refund.id, orderID: refund.orderID.rawValue, paymentID: refund.paymentID, status: refund.state.rawValue,
            amount: MoneyDTO(refund.amount), reason: refund.reason, stripeRefundID: refund.stripeRefundID,
            createdAt: TimeDTO(refund.createdAt))
    }
}
