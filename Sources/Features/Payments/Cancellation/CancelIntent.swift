internal import Database
internal import JSON
internal import Jobs
internal import Kernel
internal import StripeClient

/// Cancels an intent at Stripe that must not be paid any more: another one paid its order, or the order waits for a
/// person. Repeating is harmless; an intent that was paid meanwhile is left as it is, and its event flags the money.
struct CancelIntent: JobArguments {
    static let kind = "payments.cancel_intent"
    let order: String
    let paymentIntent: String

    /// Puts the job in the transaction that makes the intent superfluous. Returns whether it was not there yet.
    @discardableResult
    static func enqueue(
        _ paymentIntent: String, of order: OrderID, on queue: JobQueue, in tx: Transaction
    ) throws -> Bool {
        try queue.enqueue(
            CancelIntent(order: order.rawValue, paymentIntent: paymentIntent),
            dedupeKey: "payments.cancel_intent:\(paymentIntent)", subject: order.rawValue, in: tx) != nil
    }

    static func definition(
        database: any Database, stripe: any StripeService, history: OrderHistory
    ) -> JobDefinition {
        JobDefinition(CancelIntent.self) { arguments, context in
            let id = StripePaymentIntentID(arguments.paymentIntent)
            do throws(StripeError) {
                let key = try StripeKeys.key("cancel-\(arguments.paymentIntent)-\(context.attempt)")
                _ = try await stripe.cancelPaymentIntent(id, key: key)
            } catch {
                // Refused: it is canceled, paid or unknown there already, and nothing is left to do.
                guard case .invalidRequest = error else { throw error }
            }
            try await database.write { tx in
                guard let order = try OrderRepository(tx: tx).lock(.id(OrderID(arguments.order))) else { return }
                try AttemptRepository(tx: tx).closed(order: order.id, paymentIntent: arguments.paymentIntent)
                try history.append(
                    "superfluous_intent_canceled", of: order.id, cause: .job(context.jobID.rawValue),
                    ["payment_intent": .string(arguments.paymentIntent)], in: tx)
            }
        }
    }
}
