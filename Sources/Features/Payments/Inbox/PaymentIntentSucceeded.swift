internal import Database
internal import Kernel
internal import StripeClient

/// `payment_intent.succeeded`: the order is paid and fulfilled (S3-HOOK-01).
struct PaymentIntentSucceeded: EventHandler {
    let settlement: Settlement
    var types: [String] { ["payment_intent.succeeded"] }

    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        let intent = try StripePaymentIntent(json: event.object)
        // A subscription's payment is the invoice's business (GEN-04).
        if intent.invoice != nil { return .ignored("subscription_payment") }
        let named = OrderObject.orderID(of: event)
        let orders = OrderRepository(tx: tx)
        let known = try orders.orderID(ofPaymentIntent: intent.id.rawValue) ?? named
        guard let known else { return .ignored("foreign_object") }
        guard let order = try orders.lock(.id(known)) else { return .waiting("order") }
        let outcome = try settlement.apply(
            intent.succeededFacts, to: order, cause: .event(event.id.rawValue), in: tx, notes: notes)
        switch outcome {
        case .paid: return .applied("order_paid")
        case .alreadyKnown: return .applied("already_paid")
        case .flagged(let kind): return .applied(kind.rawValue)
        }
    }
}
