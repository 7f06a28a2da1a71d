internal import Database
internal import HTTP
internal import HTTPModels
internal import Identity
internal import JSON
internal import Kernel
internal import KessaiAPI

/// The history of payments, for operators (S3-NEXT-03).
struct PaymentRoutes: Sendable {
    let database: any Database

    var routes: [Route] {
        [
            Route(
                "GET", "/api/admin/payments", "What Stripe received, newest first", tag: "Administration",
                access: .roles([.operator]),
                queries: [.init("limit", .integer(1...100)), .init("cursor", .uuid)],
                answers: [.init(200, "A page of payments.", APIList<PaymentResponse>.schema)]
            ) { context in
                let limit = context.query("limit").flatMap { Int($0) } ?? 20
                let cursor = context.query("cursor")
                let found = try await database.read { tx in
                    try PaymentRepository(tx: tx).page(before: cursor, limit: limit + 1)
                }
                let shown = found.prefix(limit)
                return try .json(
                    APIList(
                        shown.map { PaymentResponse($0.payment, orderNumber: $0.orderNumber) },
                        nextCursor: found.count > limit ? shown.last?.payment.id : nil))
            }
        ]
    }
}

extension PaymentResponse {
    init(_ payment: Payment, orderNumber: Int64) {
        self.init(
            id: payment.id, orderID: payment.orderID.rawValue, orderNumber: orderNumber,
            paymentIntentID: payment.paymentIntentID, chargeID: payment.chargeID, amount: MoneyDTO(payment.amount),
            applied: payment.applied, createdAt: TimeDTO(payment.createdAt))
    }
}
