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
            let key = "cancel-\(arguments.paymentIntent)-\(context.attempt)"
            var detail: JSONObject = [
                "payment_intent": .string(arguments.paymentIntent), "idempotency_key": .string(key),
            ]
            var kind = "superfluous_intent_canceled"
            do throws(StripeError) {
                let answer = try await stripe.cancelPaymentIntent(id, key: try StripeKeys.key(key))
                detail["stripe_request"] = JSONValue(answer.requestID)
            } catch {
                // Refused: it is canceled, paid or unknown there already, and nothing is left to do.
                guard case .invalidRequest = error else { throw error }
                kind = "superfluous_intent_not_cancelable"
                detail["code"] = .string(error.code)
                detail["stripe_request"] = JSONValue(error.requestID)
            }
            let (told, facts) = (kind, detail)
            try await database.write { tx in
                guard let order = try OrderRepository(tx: tx).lock(.id(OrderID(arguments.order))) else { return }
                try AttemptRepository(tx: tx).closed(order: order.id, paymentIntent: arguments.paymentIntent)
                try history.append(told, of: order.id, cause: .job(context.jobID.rawValue), facts, in: tx)
            }
        }
    }
}
