internal import Database
internal import JSON
internal import Jobs
internal import Kernel
internal import StripeClient

/// `payment_intent.payment_failed`: logged as business (law 12); the order stays payable (S3-HOOK-02). Where it is not
/// payable any more, its intent, which a bank had held until now, must not stay so either (law 2).
struct PaymentIntentFailed: EventHandler {
    let history: OrderHistory
    let queue: JobQueue
    var types: [String] { ["payment_intent.payment_failed"] }

    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        let intent = try StripePaymentIntent(json: event.object)
        if intent.invoice != nil { return .ignored("subscription_payment") }
        guard let order = try OrderObject.find(event, in: tx) else {
            return OrderObject.orderID(of: event) == nil ? .ignored("foreign_object") : .waiting("order")
        }
        if let isOver = try OrderRepository(tx: tx).find(.id(order)).map({
            $0.flow == .paymentIntent && !$0.status.isOpen
        }), isOver {
            try CancelIntent.enqueue(intent.id.rawValue, of: order, again: event.id.rawValue, on: queue, in: tx)
        }
        let failure = intent.lastPaymentError
        try history.append(
            "payment_failed", of: order, cause: .event(event.id.rawValue),
            [
                "payment_intent": .string(intent.id.rawValue), "code": JSONValue(failure?.code),
                "decline_code": JSONValue(failure?.declineCode),
            ], in: tx)
        notes.warning(
            "payment_failed",
            [
                "order_id": .string(order.rawValue), "event_id": .string(event.id.rawValue), "status": "failed",
                "code": .string(failure?.code ?? "unknown"), "decline_code": .string(failure?.declineCode ?? ""),
            ])
        return .applied("payment_failed")
    }
}
