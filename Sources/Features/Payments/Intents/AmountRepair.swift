internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

extension IntentService {
    /// Reads a known intent back, and brings its amount up to the order's (S3-FLOW-08, S3-FLOW-09).
    func reread(
        _ known: String, of order: Order, attempt: PaymentAttempt, cause: Cause
    ) async throws -> StripePaymentIntent {
        let intent: StripePaymentIntent
        do throws(StripeError) {
            intent = try await stripe.retrievePaymentIntent(StripePaymentIntentID(known)).value
        } catch {
            throw Self.notOpened(error)
        }
        switch intent.status {
        // Nothing is handed out: the money is settled as an event's would be, and a canceled one makes room.
        case .succeeded, .canceled: return intent
        default: break
        }
        switch OrderLifecycle.mismatch(intent.claimedFacts, with: order) {
        case nil: return intent
        case .amountMismatch where intent.status.isAmountChangeable:
            return try await repair(intent, of: order, attempt: attempt, cause: cause)
        case .some: throw try await quarantine(intent, order.id, cause: cause)
        }
    }

    /// Law 7: an unpaid intent that is not its order's is not handed out, nor changed: a person decides. Returns what
    /// the buyer is told.
    private func quarantine(_ intent: StripePaymentIntent, _ id: OrderID, cause: Cause) async throws -> PaymentError {
        try await database.write(loggingTo: log) { [settlement] tx, notes in
            guard var order = try OrderRepository(tx: tx).lock(.id(id)) else { return .orderNotFound }
            if order.status.isPaid { return .paymentAlreadyProcessed }
            if order.status.isOpen,
                let kind = OrderLifecycle.mismatch(intent.claimedFacts, with: order)
            {
                try settlement.flag(kind, intent.claimedFacts, of: order, cause: cause, in: tx, notes: notes)
                try settlement.quarantine(&order, in: tx)
            }
            return .orderNotPending(order.status)
        }
    }

    /// Every repair has a key of its own, counted in the attempt's row before the call. A lost answer needs no repeat
    /// under its key: the next reading shows what the amount is, and setting it twice sets it once.
    private func repair(
        _ intent: StripePaymentIntent, of order: Order, attempt: PaymentAttempt, cause: Cause
    ) async throws -> StripePaymentIntent {
        let key = try await database.write { [history] tx -> String in
            guard try OrderRepository(tx: tx).lock(.id(order.id)) != nil else { throw PaymentError.orderNotFound }
            let repair = try AttemptRepository(tx: tx).countRepair(order: order.id, attempt: attempt.attempt)
            let key = attempt.repairKey(repair)
            try history.append(
                "intent_amount_differs", of: order.id, cause: cause,
                [
                    "payment_intent": .string(intent.id.rawValue), "found": .int(intent.amount.amountMinor),
                    "expected": .int(order.total.amountMinor), "idempotency_key": .string(key),
                ], in: tx)
            return key
        }
        let answer: (intent: StripePaymentIntent, requestID: String?)
        do throws(StripeError) {
            let updated = try await stripe.updateAmount(of: intent.id, to: order.total, key: try StripeKeys.key(key))
            if let kind = OrderLifecycle.mismatch(updated.value.claimedFacts, with: order) {
                throw .unexpectedAnswer(kind.rawValue)
            }
            answer = (updated.value, updated.requestID)
        } catch {
            try await record(
                "intent_amount_not_repaired", intent, of: order, code: error.code, requestID: error.requestID,
                cause: cause)
            throw Self.notOpened(error)
        }
        try await record("intent_amount_repaired", intent, of: order, requestID: answer.requestID, cause: cause)
        return answer.intent
    }

    private func record(
        _ kind: String, _ intent: StripePaymentIntent, of order: Order, code: String? = nil, requestID: String?,
        cause: Cause
    ) async throws {
        try await database.write { [history] tx in
            try history.append(
                kind, of: order.id, cause: cause,
                [
                    "payment_intent": .string(intent.id.rawValue), "code": JSONValue(code),
                    "stripe_request": JSONValue(requestID),
                ], in: tx)
        }
    }

    /// Stripe not knowing an intent of ours means other keys than those that made it: repeating does not help.
    private static func notOpened(_ error: StripeError) -> PaymentError {
        .paymentIntentCreation(
            code: error.isResourceMissing ? "intent_missing_at_stripe" : error.code,
            repeatable: !error.isResourceMissing)
    }
}
