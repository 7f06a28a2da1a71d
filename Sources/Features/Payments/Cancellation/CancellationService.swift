internal import Database
internal import Identity
internal import JSON
public import Kernel
internal import StripeClient

/// Gives up unpaid orders. What Stripe could still charge is canceled there first, so that a canceled order cannot be
/// paid; what Stripe has charged meanwhile pays the order instead.
public struct CancellationService: Sendable {
    let database: any Database
    let stripe: any StripeService
    let intents: IntentService
    let checkouts: Checkouts
    let settlement: Settlement
    let fulfilments: Fulfilments
    let history: OrderHistory
    let clock: any WallClock
    let log: Log

    /// Cancels the principal's own order; an operator's any order. A repeat returns the canceled order.
    ///
    /// When Stripe gives no certain answer the order is returned as it is, with its cancellation requested: no payment
    /// can be begun any more, and the sweep finishes it.
    func cancel(_ reference: OrderReference, by principal: Principal, cause: Cause) async throws -> Order {
        let order = try await database.read { tx in try OrderRepository(tx: tx).find(reference) }
        guard let order, order.userID == principal.userID || principal.role == .operator else {
            throw PaymentError.orderNotFound
        }
        return try await cancel(order.id, cause: cause)
    }

    /// Cancels an order, whoever asks: for its seller and the sweep. Returns the order as it is then: still pending, its
    /// cancellation requested, when Stripe gave no certain answer.
    ///
    /// Throws `PaymentError.orderNotCancelable` when it was paid, and `PaymentError.paymentInProgress` when it is being
    /// paid.
    ///
    /// A buyer who has finished on a payment page and pays later is waited for, unless `withdrawing`.
    public func cancel(_ id: OrderID, withdrawing: Bool = false, cause: Cause) async throws -> Order {
        let requested = try await request(id, cause: cause)
        guard requested.status != .canceled else { return requested }
        if requested.flow == .checkout {
            return try await closePage(of: requested, withdrawing: withdrawing, cause: cause)
        }
        do {
            let intent = try await intents.resolve(id, cause: cause)
            var facts: JSONObject = [:]
            if let intent { facts = try await cancelAtStripe(intent, of: requested, cause: cause) }
            return try await finish(id, canceled: intent, facts, cause: cause)
        } catch PaymentError.paymentIntentCreation {
            return requested
        }
    }

    private func closePage(of order: Order, withdrawing: Bool, cause: Cause) async throws -> Order {
        let verdict = try await checkouts.close(order.id, withdrawing: withdrawing, cause: cause)
        let now = try await checkouts.find(order.id).order
        switch verdict {
        case .closed, .open: return now
        case .processing: throw PaymentError.paymentInProgress
        case .paid, .needsReview: throw PaymentError.orderNotCancelable(now.status)
        }
    }

    /// From here on no payment is begun; an order that Stripe has never heard of is canceled at once.
    private func request(_ id: OrderID, cause: Cause) async throws -> Order {
        let now = clock.now()
        return try await database.write { [history, fulfilments] tx in
            let orders = OrderRepository(tx: tx)
            guard var order = try orders.lock(.id(id)) else { throw PaymentError.orderNotFound }
            switch order.status {
            case .canceled: return order
            case .pending, .awaitingPayment: break
            default: throw PaymentError.orderNotCancelable(order.status)
            }
            let stored = order
            let page = try order.flow == .checkout ? CheckoutRepository(tx: tx).find(order: id) : nil
            // The buyer has finished: only Stripe knows how it ends.
            if page?.state == .processing { return order }
            if order.cancelRequestedAt == nil {
                order.cancelRequestedAt = now
                if try !Self.isTold(of: id, cause, in: tx) {
                    try history.append("cancel_requested", of: id, cause: cause, in: tx)
                }
            }
            if page?.state.isUnderWay != true, try AttemptRepository(tx: tx).current(of: id) == nil {
                try Self.close(
                    &order, from: stored, at: now, fulfilments: fulfilments, history: history, cause: cause, in: tx)
            } else {
                try orders.update(order, from: stored)
            }
            return order
        }
    }

    /// Returns what the story tells of it.
    private func cancelAtStripe(_ intentID: String, of order: Order, cause: Cause) async throws -> JSONObject {
        // To cancel twice is to cancel once, so the key may change. One of each wish and hour outlives neither a fault
        // that Stripe keeps under it, nor its refusal of a wish that was withdrawn since.
        let id = order.id
        let now = clock.now()
        let wish = (order.cancelRequestedAt ?? now).epochMs
        let key = "\(id.rawValue)-cancel-\(intentID)-\(wish)-\(now.epochSeconds / 3600)"
        var facts: JSONObject = ["payment_intent": .string(intentID), "idempotency_key": .string(key)]
        let intent: StripePaymentIntent
        do throws(StripeError) {
            let answer = try await stripe.cancelPaymentIntent(
                StripePaymentIntentID(intentID), key: try StripeKeys.key(key))
            intent = answer.value
            facts["stripe_request"] = JSONValue(answer.requestID)
        } catch {
            facts["code"] = .string(error.code)
            facts["stripe_request"] = JSONValue(error.requestID)
            guard error.isSettledByReading || error.isInvalidRequest else {
                try await noteUnknown(id, facts, cause: cause)
                throw PaymentError.paymentIntentCreation(code: error.code, repeatable: true)
            }
            // Stripe refuses when the intent is canceled, paid or being paid: reading tells which. One that Stripe denies twice
            // cannot be paid: it is another account's, or deleted test data.
            do throws(StripeError) {
                intent = try await stripe.retrievePaymentIntent(StripePaymentIntentID(intentID)).value
            } catch {
                if error.isResourceMissing { return facts }
                try await noteUnknown(id, facts, cause: cause)
                throw PaymentError.paymentIntentCreation(code: error.code, repeatable: true)
            }
        }
        switch intent.status {
        case .canceled: return facts
        case .succeeded: try await paidInstead(intent, of: id, cause: cause)
        case .processing, .requiresCapture: try await withdraw(id, cause: cause)
        default: break
        }
        throw PaymentError.paymentIntentCreation(code: "not_canceled", repeatable: true)
    }

    /// The sweep asks again and again; only what a person asked for belongs into the story.
    private func noteUnknown(_ id: OrderID, _ facts: JSONObject, cause: Cause) async throws {
        guard cause.kind != .job else { return }
        try await database.write { [history] tx in
            try history.append("cancel_outcome_unknown", of: id, cause: cause, facts, in: tx)
        }
    }

    /// The buyer was faster: the payment stands, and the order is delivered.
    private func paidInstead(_ intent: StripePaymentIntent, of id: OrderID, cause: Cause) async throws {
        let status = try await database.write(loggingTo: log) { [settlement] tx, notes -> OrderStatus in
            let orders = OrderRepository(tx: tx)
            guard let order = try orders.lock(.id(id)) else { throw PaymentError.orderNotFound }
            _ = try settlement.apply(intent.succeededFacts, to: order, cause: cause, in: tx, notes: notes)
            return try orders.find(.id(id))?.status ?? order.status
        }
        throw PaymentError.orderNotCancelable(status)
    }

    /// A bank is working on the payment: the wish to cancel is dropped, so that the outcome decides.
    private func withdraw(_ id: OrderID, cause: Cause) async throws {
        try await database.write { [history] tx in
            let orders = OrderRepository(tx: tx)
            guard var order = try orders.lock(.id(id)), order.status == .awaitingPayment else { return }
            let stored = order
            order.cancelRequestedAt = nil
            try orders.update(order, from: stored)
            guard try !Self.isTold(of: id, cause, in: tx) else { return }
            try history.append("cancel_withdrawn", of: id, cause: cause, in: tx)
        }
        throw PaymentError.paymentInProgress
    }

    /// Whether the story tells already that the sweep wanted to cancel and had to wait for a bank: it tries again and
    /// again, and only what changes belongs into the story.
    private static func isTold(of id: OrderID, _ cause: Cause, in tx: Transaction) throws -> Bool {
        guard cause.kind == .job else { return false }
        return try OrderHistory.has("cancel_withdrawn", by: .job, of: id, in: tx)
    }

    /// Closes the order, unless another request has withdrawn the wish or opened another intent meanwhile.
    private func finish(
        _ id: OrderID, canceled intent: String?, _ facts: JSONObject, cause: Cause
    ) async throws -> Order {
        let now = clock.now()
        return try await database.write { [history, fulfilments] tx in
            guard var order = try OrderRepository(tx: tx).lock(.id(id)) else { throw PaymentError.orderNotFound }
            switch order.status {
            case .canceled: return order
            case .pending, .awaitingPayment: break
            default: throw PaymentError.orderNotCancelable(order.status)
            }
            let attempts = AttemptRepository(tx: tx)
            if let intent {
                try attempts.closed(order: id, paymentIntent: intent)
                try history.append("intent_canceled", of: id, cause: cause, facts, in: tx)
            }
            guard order.cancelRequestedAt != nil, try attempts.current(of: id) == nil else {
                throw PaymentError.paymentInProgress
            }
            try Self.close(&order, at: now, fulfilments: fulfilments, history: history, cause: cause, in: tx)
            return order
        }
    }

    /// The order is canceled, and what was held for it is given back. `stored` is what this transaction locked, if the
    /// order was changed since.
    static func close(
        _ order: inout Order, from stored: Order? = nil, at now: Timestamp, fulfilments: Fulfilments,
        history: OrderHistory, cause: Cause, in tx: Transaction
    ) throws {
        let stored = stored ?? order
        order.status = .canceled
        order.canceledAt = now
        try OrderRepository(tx: tx).update(order, from: stored)
        try fulfilments.of(order).release(order, in: tx)
        try history.append("order_canceled", of: order.id, cause: cause, in: tx)
    }
}
