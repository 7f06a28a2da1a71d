internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

/// Applies what Stripe says of a refund, from wherever it came: our own call, an event, or a read-back.
struct RefundSettlement: Sendable {
    let clock: any WallClock
    let ids: IDGenerator
    let history: OrderHistory
    let journal: Journal

    /// Applies a refund of a known payment; the order is held locked. Applied twice, or after newer news, it changes
    /// nothing (law 6). Returns our row.
    /// `requestID` is Stripe's id of the request of ours that brought it.
    @discardableResult
    func apply(
        _ news: StripeRefund, to payment: Payment, of order: Order, cause: Cause, requestID: String? = nil,
        in tx: Transaction, notes: Notes
    ) throws -> Refund {
        let refunds = RefundRepository(tx: tx)
        let state = Refund.State(news.status)
        var refund = try find(news, of: order, in: tx)
        if let known = refund {
            guard state.finality > known.state.finality || known.stripeRefundID == nil else { return known }
        }
        if refund == nil {
            let seen = Refund(
                id: ids.uuid(), orderID: order.id, paymentID: payment.id, amount: news.amount,
                reason: news.reason?.word ?? "requested_by_customer", state: state, idempotencyKey: nil,
                stripeRefundID: news.id.rawValue, requestedBy: "stripe", createdAt: clock.now())
            try refunds.insert(seen)
            refund = seen
        }
        guard var refund else { throw DatabaseError.unexpectedRowCount(0) }
        // Refused means that Stripe never made it; when Stripe tells of it after all, Stripe is right.
        refund.state = refund.state == .refused ? state : max(refund.state, state)
        refund.stripeRefundID = news.id.rawValue
        try refunds.update(refund, at: clock.now())
        try book(refund, payment: payment, of: order, in: tx)
        try follow(payment, of: order, in: tx)
        try history.append(
            "refund_\(refund.state.rawValue)", of: order.id, cause: cause,
            [
                "refund": .string(refund.id), "stripe_refund": .string(news.id.rawValue),
                "amount": .int(news.amount.amountMinor), "currency": .string(news.amount.currency.code),
                "stripe_request": JSONValue(requestID),
            ], in: tx)
        if refund.state == .failed {
            // The buyer does not have the money, whatever was said of it before: somebody must find another way. Each
            // refund has a review of its own, as several of one payment may fail.
            try history.raise(
                .refundFailed, source: refund.id,
                [
                    "payment_intent": .string(payment.paymentIntentID), "refund": .string(refund.id),
                    "stripe_refund": .string(news.id.rawValue), "amount": .int(refund.amount.amountMinor),
                    "currency": .string(refund.amount.currency.code),
                ], of: order.id, cause: cause, in: tx, notes: notes)
        }
        notes.info(
            "refund_changed",
            [
                "order_id": .string(order.id.rawValue), "refund": .string(news.id.rawValue),
                "state": .string(refund.state.rawValue), "amount": .int(news.amount.amountMinor),
            ])
        return refund
    }

    private func find(_ news: StripeRefund, of order: Order, in tx: Transaction) throws -> Refund? {
        let refunds = RefundRepository(tx: tx)
        if let known = try refunds.find(stripeRefund: news.id.rawValue) { return known }
        guard let id = news.metadata["refund_id"], let ours = try refunds.find(id), ours.orderID == order.id,
            ours.stripeRefundID == nil, ours.amount == news.amount
        else { return nil }
        return ours
    }

    /// Money that went back is booked once, and once back again if it came back.
    private func book(_ refund: Refund, payment: Payment, of order: Order, in tx: Transaction) throws {
        guard let source = refund.stripeRefundID else { return }
        let account: LedgerAccount = payment.applied ? .refunds : .unappliedPayments
        switch refund.state {
        case .submitted, .pending, .refused: break
        case .succeeded:
            guard try !Journal.has(.refund, source: source, in: tx) else { return }
            try journal.book(
                .refund, source: source, of: order.id, amount: refund.amount, debit: account, credit: .stripeBalance,
                in: tx)
        case .failed, .canceled:
            guard try Journal.has(.refund, source: source, in: tx),
                try !Journal.has(.refundReversal, source: source, in: tx)
            else { return }
            try journal.book(
                .refundReversal, source: source, of: order.id, amount: refund.amount, debit: .stripeBalance,
                credit: account, in: tx)
        }
    }

    /// The order's status follows what went back of its payment (S3-NEXT-02).
    private func follow(_ payment: Payment, of order: Order, in tx: Transaction) throws {
        guard payment.applied, order.status.isPaid else { return }
        var sum = Money.zero(order.total.currency)
        for refund in try RefundRepository(tx: tx).of(order.id)
        where refund.paymentID == payment.id && refund.state == .succeeded {
            sum = try sum.adding(refund.amount)
        }
        let stored = order
        var order = order
        order.refundedMinor = min(sum.amountMinor, order.total.amountMinor)
        order.status = OrderLifecycle.status(paid: order.total, refundedMinor: order.refundedMinor)
        try OrderRepository(tx: tx).update(order, from: stored)
    }
}

private func max(_ one: Refund.State, _ other: Refund.State) -> Refund.State {
    other.finality > one.finality ? other : one
}
