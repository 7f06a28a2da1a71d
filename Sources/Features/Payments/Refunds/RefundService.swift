internal import Database
internal import Identity
internal import JSON
internal import Kernel
internal import StripeClient

/// Refunds by an operator: written before Stripe is called, resolved after, like every movement of money (law 2).
struct RefundService: Sendable {
    let database: any Database
    let stripe: any StripeService
    let settlement: RefundSettlement
    let history: OrderHistory
    let clock: any WallClock
    let ids: IDGenerator
    let log: Log

    /// What an operator asks for.
    struct Request: Sendable {
        /// In minor units; nil is all that is left.
        let amountMinor: Int64?
        /// One of Stripe's words.
        let reason: String
        /// Which payment; nil is the one that paid the order, else the oldest that is owed back.
        let paymentIntentID: String?
        /// Tells the request from every other: a repeat goes on with the refund that is there.
        let requestKey: String?
    }

    /// Refunds a payment of an order in full or in part. When Stripe gives no certain answer the refund is returned as
    /// `submitted`, and the sweep resolves it with the same key; it is never sent a second time.
    func refund(_ reference: OrderReference, _ request: Request, by principal: Principal, cause: Cause) async throws
        -> Refund
    {
        let begun = try await begin(reference, request, by: principal, cause: cause)
        return try await submit(begun.refund, payment: begun.payment, cause: cause)
    }

    /// Sends, or sends again, a submitted refund by its own key; after the key's life only when Stripe's list of
    /// refunds does not have it (law 3).
    func submit(_ refund: Refund, payment: Payment, cause: Cause) async throws -> Refund {
        guard refund.state == .submitted, let key = refund.idempotencyKey else { return refund }
        let answer: (refund: StripeRefund, requestID: String?)
        do throws(StripeError) {
            answer = try await createOrFind(refund, payment: payment, key: key)
        } catch {
            return try await failed(error, refund: refund, cause: cause)
        }
        return try await database.write(loggingTo: log) { [settlement] tx, notes in
            guard let order = try OrderRepository(tx: tx).lock(.id(refund.orderID)) else {
                throw PaymentError.orderNotFound
            }
            return try settlement.apply(
                answer.refund, to: payment, of: order, cause: cause, requestID: answer.requestID, in: tx, notes: notes)
        }
    }

    private func createOrFind(
        _ refund: Refund, payment: Payment, key: String
    ) async throws(StripeError) -> (refund: StripeRefund, requestID: String?) {
        let age = clock.now().since(refund.createdAt)
        if age > StripeKeys.lifetime, let found = try await find(refund, payment: payment) { return (found, nil) }
        do throws(StripeError) {
            let made = try await stripe.createRefund(
                CreateRefund(
                    .paymentIntent(StripePaymentIntentID(payment.paymentIntentID)), amount: refund.amount,
                    reason: StripeRefundReason(refund.reason),
                    metadata: ["order_id": refund.orderID.rawValue, "refund_id": refund.id]),
                key: try StripeKeys.key(key))
            return (made.value, made.requestID)
        } catch  where error.isSettledByReading {
            if let found = try await find(refund, payment: payment) { return (found, nil) }
            throw error.asOver
        } catch {
            // "Already refunded" may be our own earlier try: reading tells.
            if !error.isFinalRefusal, case .invalidRequest(let problem) = error {
                if let found = try await find(refund, payment: payment) { return (found, nil) }
                throw .invalidRequest(StripeInvalidRequest(status: nil, code: problem.code.map { "refused_\($0)" }))
            }
            throw error
        }
    }

    private func find(_ refund: Refund, payment: Payment) async throws(StripeError) -> StripeRefund? {
        let made: [StripeRefund]
        do throws(StripeError) {
            made = try await stripe.refunds(ofPaymentIntent: StripePaymentIntentID(payment.paymentIntentID))
        } catch {
            throw error.asReading
        }
        return made.first { $0.metadata["refund_id"] == refund.id }
    }

    private func begin(
        _ reference: OrderReference, _ request: Request, by principal: Principal, cause: Cause
    ) async throws -> (refund: Refund, payment: Payment) {
        let id = ids.uuid()
        let now = clock.now()
        return try await database.write { [history] tx in
            guard let order = try OrderRepository(tx: tx).lock(reference) else { throw PaymentError.orderNotFound }
            let refunds = RefundRepository(tx: tx)
            let all = try refunds.of(order.id)
            if let key = request.requestKey, let known = try refunds.find(requestKey: key),
                known.orderID == order.id,
                let payment = try PaymentRepository(tx: tx).of(order.id).first(where: { $0.id == known.paymentID })
            {
                if known.state == .refused { throw PaymentError.refundRefused(code: "refused_before") }
                return (known, payment)
            }
            func left(of payment: Payment) throws -> Int64 {
                var left = payment.amount
                for refund in all where refund.paymentID == payment.id && refund.isReserved {
                    left = try left.subtracting(refund.amount)
                }
                return left.amountMinor
            }
            let payments = try PaymentRepository(tx: tx).of(order.id)
            let candidates: [Payment]
            if let wanted = request.paymentIntentID {
                candidates = payments.filter { $0.paymentIntentID == wanted }
                if candidates.isEmpty { throw PaymentError.paymentNotFound }
            } else {
                candidates = payments.filter(\.applied) + payments.filter { !$0.applied }
            }
            guard let payment = try candidates.first(where: { try left(of: $0) > 0 }) else {
                throw PaymentError.nothingToRefund
            }
            let leftMinor = try left(of: payment)
            let amountMinor = request.amountMinor ?? leftMinor
            guard amountMinor > 0, amountMinor <= leftMinor else {
                throw PaymentError.refundTooLarge(leftMinor: leftMinor)
            }
            let refund = Refund(
                id: id, orderID: order.id, paymentID: payment.id,
                amount: Money(amountMinor, payment.amount.currency), reason: request.reason, state: .submitted,
                idempotencyKey: "\(order.id.rawValue)-refund-\(id)", stripeRefundID: nil,
                requestedBy: principal.userID, createdAt: now)
            try refunds.insert(refund, requestKey: request.requestKey)
            try history.append(
                "refund_submitted", of: order.id, cause: cause,
                [
                    "refund": .string(id), "amount": .int(amountMinor), "reason": .string(request.reason),
                    "payment_intent": .string(payment.paymentIntentID),
                    "idempotency_key": .string("\(order.id.rawValue)-refund-\(id)"),
                ], in: tx)
            return (refund, payment)
        }
    }

    private func failed(_ error: StripeError, refund: Refund, cause: Cause) async throws -> Refund {
        let now = clock.now()
        try await database.write { [history] tx in
            guard try OrderRepository(tx: tx).lock(.id(refund.orderID)) != nil else { return }
            if error.isFinalRefusal {
                try RefundRepository(tx: tx).refused(refund.id, code: error.code, at: now)
            }
            // The sweep asks every minute; only what it changes belongs into the story.
            guard error.isFinalRefusal || cause.kind != .job else { return }
            try history.append(
                error.isFinalRefusal ? "refund_refused" : "refund_outcome_unknown", of: refund.orderID,
                cause: cause,
                [
                    "refund": .string(refund.id), "code": .string(error.code),
                    "stripe_request": JSONValue(error.requestID),
                ], in: tx)
        }
        if error.isFinalRefusal { throw PaymentError.refundRefused(code: error.code) }
        return refund
    }
}
