internal import Database
internal import StripeClient

/// `refund.*`: the refund's own news.
struct RefundChanged: EventHandler {
    let settlement: RefundSettlement
    var types: [String] { ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"] }

    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        let refund = try StripeRefund(json: event.object)
        guard let intent = refund.paymentIntent else { return .ignored("foreign_object") }
        guard let payment = try PaymentRepository(tx: tx).find(paymentIntent: intent.rawValue) else {
            return try OrderObject.find(event, in: tx) == nil ? .ignored("foreign_object") : .waiting("payment")
        }
        guard let order = try OrderRepository(tx: tx).lock(.id(payment.orderID)) else { return .waiting("order") }
        let row = try settlement.apply(
            refund, to: payment, of: order, cause: .event(event.id.rawValue), in: tx, notes: notes)
        return .applied("refund_\(row.state.rawValue)")
    }
}
