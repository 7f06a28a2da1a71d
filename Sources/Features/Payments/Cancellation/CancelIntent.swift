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
    ///
    /// One job for each `again`: Stripe refuses to cancel an intent while a bank decides about it, so whoever learns that
    /// it can be paid once more asks again, and names what it was learned by.
    @discardableResult
    static func enqueue(
        _ paymentIntent: String, of order: OrderID, again: String? = nil, on queue: JobQueue, in tx: Transaction
    ) throws -> Bool {
        let key = key(of: paymentIntent)
        return try queue.enqueue(
            CancelIntent(order: order.rawValue, paymentIntent: paymentIntent),
            dedupeKey: again.map { "\(key):\($0)" } ?? key, subject: order.rawValue, in: tx) != nil
    }

    /// The same for whoever finds the intent open without having learned why: asks again only when the first job is over.
    static func enqueue(
        _ paymentIntent: String, of order: OrderID, foundBy run: String, on queue: JobQueue, in tx: Transaction
    ) throws -> Bool {
        if try enqueue(paymentIntent, of: order, on: queue, in: tx) { return true }
        guard try queue.isOver(dedupeKey: key(of: paymentIntent), in: tx) else { return false }
        return try enqueue(paymentIntent, of: order, again: run, on: queue, in: tx)
    }

    private static func key(of paymentIntent: String) -> String { "payments.cancel_intent:\(paymentIntent)" }

    /// Whether Stripe has an intent after all that it has just denied.
    private static func isThere(
        _ id: StripePaymentIntentID, _ stripe: any StripeService
    ) async throws(StripeError) -> Bool {
        do throws(StripeError) {
            _ = try await stripe.retrievePaymentIntent(id)
            return true
        } catch {
            guard error.isResourceMissing else { throw error }
            return false
        }
    }

    static func definition(
        database: any Database, stripe: any StripeService, history: OrderHistory
    ) -> JobDefinition {
        JobDefinition(CancelIntent.self) { arguments, context in
            let id = StripePaymentIntentID(arguments.paymentIntent)
            // Of this job and try alone: under an older key Stripe would repeat its refusal of that time.
            let key = "cancel-\(arguments.paymentIntent)-\(context.jobID.rawValue)-\(context.attempt)"
            var detail: JSONObject = [
                "payment_intent": .string(arguments.paymentIntent), "idempotency_key": .string(key),
            ]
            var kind = "superfluous_intent_canceled"
            do throws(StripeError) {
                let answer = try await stripe.cancelPaymentIntent(id, key: try StripeKeys.key(key))
                detail["stripe_request"] = JSONValue(answer.requestID)
            } catch {
                // Refused: it is canceled, paid or unknown there already, and nothing is left to do; or a bank decides about
                // it, and its event tells how (``PaymentIntentFailed``).
                guard case .invalidRequest = error else { throw error }
                if error.isResourceMissing, try await isThere(id, stripe) { throw error }
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
