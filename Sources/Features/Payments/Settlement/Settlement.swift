internal import Database
internal import JSON
internal import Jobs
internal import Kernel

/// Applies a payment that Stripe confirms: the one way in which an order becomes paid, whether an event, a read-back
/// or reconciliation brought the facts.
struct Settlement: Sendable {
    let clock: any WallClock
    let ids: IDGenerator
    let history: OrderHistory
    let journal: Journal
    let fulfilments: Fulfilments
    let queue: JobQueue

    /// What became of the facts.
    enum Outcome: Sendable, Equatable {
        /// The order is paid and fulfilled by them.
        case paid
        /// They were known.
        case alreadyKnown
        /// The money is recorded, and a person must decide.
        case flagged(ReviewKind)
    }

    /// Applies facts to an order that this transaction holds locked (``OrderRepository/lock(_:)``).
    func apply(
        _ facts: PaymentFacts, to order: Order, cause: Cause, in tx: Transaction, notes: Notes
    ) throws -> Outcome {
        let payments = PaymentRepository(tx: tx)
        let known = try payments.find(paymentIntent: facts.paymentIntentID) != nil
        var order = order
        var outcome = Outcome.alreadyKnown
        for effect in OrderLifecycle.paymentSucceeded(facts, for: order, known: known) {
            switch effect {
            case .payAndFulfil:
                try pay(&order, by: facts, cause: cause, in: tx)
                notes.info(
                    "payment_succeeded",
                    [
                        "order_id": .string(order.id.rawValue), "cause": .string(cause.id),
                        "payment_intent": .string(facts.paymentIntentID), "status": "succeeded",
                        "amount": .int(facts.received.amountMinor), "currency": .string(facts.received.currency.code),
                    ])
                outcome = .paid
            case .recordUnapplied:
                try record(facts, of: order, applied: false, in: tx)
                try journal.book(
                    .unappliedPayment, source: facts.paymentIntentID, of: order.id, amount: facts.received,
                    debit: .stripeBalance, credit: .unappliedPayments, in: tx)
            case .flag(let kind):
                try flag(kind, facts, of: order, cause: cause, in: tx, notes: notes)
                outcome = .flagged(kind)
            case .quarantine: try quarantine(&order, in: tx, except: facts.paymentIntentID)
            }
        }
        return outcome
    }

    /// Keeps an open order out of every other path until a person has decided (law 7).
    func quarantine(_ order: inout Order, in tx: Transaction, except paid: String? = nil) throws {
        try cancelOpenIntent(of: order, except: paid, in: tx)
        if order.flow == .checkout, try CheckoutRepository(tx: tx).find(order: order.id)?.state.isUnderWay == true {
            try CloseCheckout.enqueue(order.id, on: queue, in: tx)
        }
        let stored = order
        order.status = .needsReview
        order.cancelRequestedAt = nil
        try OrderRepository(tx: tx).update(order, from: stored)
    }

    /// Law 4: the payment's row, the paid order and its delivery are one transaction.
    private func pay(_ order: inout Order, by facts: PaymentFacts, cause: Cause, in tx: Transaction) throws {
        try record(facts, of: order, applied: true, in: tx)
        try journal.book(
            .payment, source: facts.paymentIntentID, of: order.id, amount: facts.received, debit: .stripeBalance,
            credit: .sales, in: tx)
        let stored = order
        order.status = .paid
        order.paidAt = clock.now()
        order.cancelRequestedAt = nil
        order.stripePaymentIntentID = facts.paymentIntentID
        try OrderRepository(tx: tx).update(order, from: stored)
        if order.flow == .checkout {
            try settlePage(of: order, by: facts, in: tx)
            try cancelOpenIntent(of: order, except: facts.paymentIntentID, in: tx)
        } else {
            try resolveAttempt(of: order, by: facts, in: tx)
        }
        try fulfilments.of(order).fulfil(order, in: tx)
        try history.append(
            [
                (
                    "order_paid",
                    [
                        "payment_intent": .string(facts.paymentIntentID), "charge": JSONValue(facts.chargeID),
                        "amount": .int(facts.received.amountMinor),
                        "currency": .string(facts.received.currency.code),
                    ]
                ), ("order_fulfilled", ["seller": .string(order.seller)]),
            ], of: order.id, cause: cause, in: tx)
    }

    /// The attempt whose intent was paid before we knew that it was opened is opened; any other intent is canceled.
    private func resolveAttempt(of order: Order, by facts: PaymentFacts, in tx: Transaction) throws {
        let attempts = AttemptRepository(tx: tx)
        guard let current = try attempts.current(of: order.id) else { return }
        if current.state == .submitted, current.attempt == facts.attempt {
            try attempts.opened(
                order: order.id, attempt: current.attempt, paymentIntent: facts.paymentIntentID, requestID: nil,
                at: clock.now())
        } else if let open = current.paymentIntentID, open != facts.paymentIntentID {
            try CancelIntent.enqueue(open, of: order.id, on: queue, in: tx)
        }
    }

    /// The page of an order that is paid now. One that is still under way because the money came beside it must not be
    /// paid as well (law 2).
    private func settlePage(of order: Order, by facts: PaymentFacts, in tx: Transaction) throws {
        let pages = CheckoutRepository(tx: tx)
        try pages.delivered(order.id)
        if facts.isOurs {
            try pages.moved(order.id, to: .paid, at: clock.now())
        } else if try pages.find(order: order.id)?.state.isUnderWay == true {
            try CloseCheckout.enqueue(order.id, on: queue, in: tx)
        }
    }

    /// Law 2: what could still be paid for an order that is paid, or that must not be, is canceled at Stripe.
    private func cancelOpenIntent(of order: Order, except paid: String?, in tx: Transaction) throws {
        guard let open = try AttemptRepository(tx: tx).current(of: order.id)?.paymentIntentID, open != paid else {
            return
        }
        try CancelIntent.enqueue(open, of: order.id, on: queue, in: tx)
    }

    private func record(_ facts: PaymentFacts, of order: Order, applied: Bool, in tx: Transaction) throws {
        try PaymentRepository(tx: tx).insert(
            Payment(
                id: ids.uuid(), orderID: order.id, paymentIntentID: facts.paymentIntentID, chargeID: facts.chargeID,
                amount: facts.received, applied: applied, createdAt: clock.now()))
    }

    /// Tells a person that something about an order's payment does not fit.
    func flag(
        _ kind: ReviewKind, _ facts: PaymentFacts, of order: Order, cause: Cause, in tx: Transaction, notes: Notes
    ) throws {
        let detail: JSONObject = [
            "payment_intent": .string(facts.paymentIntentID),
            "received": .int(facts.received.amountMinor), "received_currency": .string(facts.received.currency.code),
            "expected": .int(order.total.amountMinor), "expected_currency": .string(order.total.currency.code),
            "order_status": .string(order.status.rawValue),
        ]
        try history.raise(
            kind, source: facts.paymentIntentID, detail, of: order.id, cause: cause, in: tx, notes: notes)
    }
}
