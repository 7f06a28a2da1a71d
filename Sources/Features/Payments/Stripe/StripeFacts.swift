internal import Kernel
internal import StripeClient

extension StripePaymentIntent {
    /// What the intent says of the payment that it received.
    var succeededFacts: PaymentFacts { facts(amountReceived) }

    /// What the intent would say if it were paid as it stands: to compare an intent with its order before anybody
    /// pays.
    var claimedFacts: PaymentFacts { facts(amount) }

    private func facts(_ received: Money) -> PaymentFacts {
        PaymentFacts(
            paymentIntentID: id.rawValue, chargeID: latestCharge?.rawValue, received: received,
            customerID: customer?.rawValue, orderID: metadata["order_id"].flatMap { OrderID(untrusted: $0) },
            attempt: metadata["attempt"].flatMap { Int64($0) }, isOurs: Installation.marks(metadata))
    }
}

extension StripePaymentIntentStatus {
    /// Whether Stripe lets the amount be changed.
    var isAmountChangeable: Bool {
        switch self {
        case .requiresPaymentMethod, .requiresConfirmation, .requiresAction: true
        default: false
        }
    }
}

extension StripeError {
    /// Whether Stripe executed this very key and refused, so that the attempt is over (law 2).
    ///
    /// Stripe looks a key up before it validates, so a refusal of the request itself says that no earlier try with the
    /// key succeeded. A refusal before the look-up (a rate limit, a bad API key) says nothing about earlier tries, and
    /// a conflict of the key says that something else was executed: neither ends an attempt.
    var isFinalRefusal: Bool {
        switch self {
        case .card: true
        case .invalidRequest(let problem): !problem.mayBeDoneAlready
        default: false
        }
    }

    /// Whether Stripe refused the request itself, for whatever reason.
    var isInvalidRequest: Bool {
        if case .invalidRequest = self { true } else { false }
    }

    /// Whether the customer that was named does not exist at Stripe.
    var isCustomerMissing: Bool {
        if case .invalidRequest(let problem) = self {
            problem.isResourceMissing && problem.param == "customer"
        } else {
            false
        }
    }

    /// What a failed reading means to the write that it was for: nothing. The write's outcome is as unknown as before.
    var asReading: StripeError {
        switch self {
        case .unavailable: self
        default: .unavailable(.notSent)
        }
    }

    /// Whether the key will never say more, so that only reading can tell what happened (law 3): Stripe keeps answering
    /// it with a server's fault, or says that it was used for something else.
    var isSettledByReading: Bool {
        switch self {
        case .outcomeUnknown(.replayedServerError, _), .idempotencyConflict: true
        default: false
        }
    }

    /// The end of an attempt whose key says no more, and of which reading found nothing.
    var asOver: StripeError {
        .invalidRequest(
            StripeInvalidRequest(
                status: nil, code: self == .idempotencyConflict ? "idempotency_conflict" : "replayed_server_error"))
    }

    /// A stable word for logs and answers; never Stripe's message.
    var code: String {
        switch self {
        case .card(let error): error.declineCode ?? error.code ?? "card_error"
        case .invalidRequest(let problem): problem.code ?? "invalid_request"
        case .idempotencyConflict: "idempotency_conflict"
        case .authentication: "stripe_authentication"
        case .permission: "stripe_permission"
        case .rateLimited: "rate_limited"
        case .outcomeUnknown(let doubt, _), .unavailable(let doubt): "\(doubt)"
        case .unexpectedAnswer: "unexpected_answer"
        }
    }

    /// Stripe's id of the request, where it answered.
    var requestID: String? {
        switch self {
        case .outcomeUnknown(_, let id): id
        case .card(let error): error.requestID
        case .invalidRequest(let problem): problem.requestID
        default: nil
        }
    }
}
