internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

/// `checkout.session.*`: a page was finished, paid later, or is over (S4-HOOK-01).
struct CheckoutSessionChanged: EventHandler {
    let settlement: CheckoutSettlement
    let clock: any WallClock

    var types: [String] {
        [
            "checkout.session.completed", "checkout.session.async_payment_succeeded",
            "checkout.session.async_payment_failed", "checkout.session.expired",
        ]
    }

    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        // Other modes are other features' business.
        guard event.object["mode"]?.string == "payment" else { return .ignored("other_mode") }
        let session = try StripeCheckoutSession(json: event.object)
        let orders = OrderRepository(tx: tx)
        let known = try CheckoutRepository(tx: tx).orderID(ofSession: session.id.rawValue)
        guard let id = known ?? OrderObject.orderID(of: event) else { return .ignored("foreign_object") }
        guard let order = try orders.lock(.id(id)) else { return .waiting("order") }
        guard order.flow == .checkout else { return .ignored("foreign_object") }
        do {
            let failed = event.type == "checkout.session.async_payment_failed"
            let verdict = try tx.savepoint {
                try settlement.apply(
                    session, failed: failed, to: order, cause: .event(event.id.rawValue), in: tx, notes: notes)
            }
            return .applied("checkout_\(verdict)")
        } catch let error as DatabaseError where !error.isOfTheStatement {
            throw error
        } catch  where session.paymentStatus == .paid {
            // The buyer has paid and is to be told so while the delivery is tried again.
            try CheckoutRepository(tx: tx).undelivered(id, at: clock.now())
            notes.error(
                "delivery_failed",
                [
                    "order_id": .string(id.rawValue), "event_id": .string(event.id.rawValue),
                    "error": .string(String(describing: error)),
                ])
            return .waiting("delivery")
        }
    }
}
