import JSON

/// How a payment that takes its time goes on.
enum DelayedOutcome: Sendable {
    /// The money came.
    case paid
    /// The money will not come.
    case failed(Decline)
    /// The payer did their part; the money is on its way.
    case processing
}

extension SandboxState {
    /// The bank takes its time: the charge waits.
    mutating func process(
        _ intent: inout PaymentIntent, _ method: PaymentMethod, _ cause: Cause
    ) throws(StripeError) {
        let charge = newCharge(intent, method, .pending, cause)
        try intent.apply(.process(charge: charge.id, isCard: method.kind == .card))
        keep(charge)
        paymentIntents[intent.id] = intent
        emit("charge.pending", charge.json, cause)
        emit("payment_intent.processing", intent.json, cause)
        checkoutAwaits(intent, cause)
    }

    /// What the bank or the store reports at last. Throws when nothing is awaited; a repeat is therefore refused.
    mutating func settle(_ id: String, _ outcome: DelayedOutcome, _ cause: Cause) throws(StripeError) -> PaymentIntent {
        guard var intent = paymentIntents[id] else { throw .notFound("payment_intent", id) }
        var isAwaited = intent.status == .processing
        if case .voucher = intent.nextAction { isAwaited = true }
        guard isAwaited, let method = intent.paymentMethod.flatMap({ paymentMethods[$0] }) else {
            throw intent.unexpectedState("settle", allowed: [.requiresAction, .processing])
        }
        switch outcome {
        case .paid: try approve(&intent, method, isAuthenticated: false, cause)
        case .failed(let decline): _ = try refuse(&intent, method, decline, cause)
        case .processing: try process(&intent, method, cause)
        }
        return paymentIntents[id] ?? intent
    }
}
