internal import Database
internal import JSON
internal import StripeClient

/// `payment_intent.canceled`: the attempt is over; the order can be paid by a new one.
struct PaymentIntentCanceled: EventHandler {
    let history: OrderHistory
    var types: [String] { ["payment_intent.canceled"] }

    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        let intent = try StripePaymentIntent(json: event.object)
        let orders = OrderRepository(tx: tx)
        guard let id = try orders.orderID(ofPaymentIntent: intent.id.rawValue), var order = try orders.lock(.id(id))
        else { return .ignored("foreign_object") }
        let isNews = try AttemptRepository(tx: tx).closed(order: id, paymentIntent: intent.id.rawValue)
        // While the order is being canceled, whoever cancels goes on from the closed attempt.
        if order.status == .awaitingPayment, order.stripePaymentIntentID == intent.id.rawValue {
            let stored = order
            order.status = .pending
            order.stripePaymentIntentID = nil
            try orders.update(order, from: stored)
        }
        if isNews {
            try history.append(
                "intent_canceled", of: id, cause: .event(event.id.rawValue),
                ["payment_intent": .string(intent.id.rawValue)], in: tx)
        }
        return .applied("intent_canceled")
    }
}
