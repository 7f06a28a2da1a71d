import JSON

extension PaymentIntent {
    /// What can happen to a payment intent.
    enum Step: Sendable {
        /// A payment method is chosen.
        case choose(String)
        /// The bank wants to know the payer.
        case requireAction(NextAction)
        /// The payer proved it, and the server must confirm once more.
        case awaitConfirmation
        /// The payer has done their part and the money is on its way.
        case process(charge: String, isCard: Bool)
        /// The money is held.
        case authorize(charge: String)
        /// The money is taken.
        case succeed(charge: String)
        /// The try failed; the next needs another payment method.
        case refuse(error: JSONObject, charge: String?)
        /// So much of the held money is taken, the rest is let go.
        case capture(amount: Int64)
        /// It will not be paid.
        case cancel(reason: String?, at: Int64)

        /// The word of the refusal, and the states it may happen in.
        var rule: (verb: String, from: [Status]) {
            switch self {
            case .choose: ("update", [.requiresPaymentMethod, .requiresConfirmation, .requiresAction])
            case .requireAction, .process:
                ("confirm", [.requiresPaymentMethod, .requiresConfirmation, .requiresAction])
            case .authorize, .succeed, .refuse:
                ("confirm", [.requiresPaymentMethod, .requiresConfirmation, .requiresAction, .processing])
            case .awaitConfirmation: ("authenticate", [.requiresAction])
            case .capture: ("capture", [.requiresCapture])
            case .cancel:
                ("cancel", [.requiresPaymentMethod, .requiresConfirmation, .requiresAction, .requiresCapture])
            }
        }
    }

    /// Takes a step. Throws when the state does not allow it; nothing has changed then.
    mutating func apply(_ step: Step) throws(StripeError) {
        let rule = step.rule
        guard rule.from.contains(status) else { throw unexpectedState(rule.verb, allowed: rule.from) }
        switch step {
        case .choose(let method):
            paymentMethod = method
            nextAction = nil
            isAuthenticated = false
            status = .requiresConfirmation
        case .requireAction(let action):
            nextAction = action
            lastPaymentError = nil
            status = .requiresAction
        case .awaitConfirmation:
            nextAction = nil
            isAuthenticated = true
            status = .requiresConfirmation
        case .process(let charge, let isCard):
            settle(charge)
            isProcessingCard = isCard
            status = .processing
        case .authorize(let charge):
            settle(charge)
            amountCapturable = amount
            status = .requiresCapture
        case .succeed(let charge):
            settle(charge)
            amountReceived = amount
            status = .succeeded
        case .refuse(let error, let charge):
            nextAction = nil
            isAuthenticated = false
            isProcessingCard = false
            paymentMethod = nil
            lastPaymentError = error
            latestCharge = charge ?? latestCharge
            status = .requiresPaymentMethod
        case .capture(let amount):
            amountReceived = amount
            amountCapturable = 0
            status = .succeeded
        case .cancel(let reason, let at):
            nextAction = nil
            amountCapturable = 0
            canceledAt = at
            cancellationReason = reason
            status = .canceled
        }
    }

    private mutating func settle(_ charge: String) {
        nextAction = nil
        isProcessingCard = false
        lastPaymentError = nil
        latestCharge = charge
    }

    /// The refusal of a step that the state does not allow; carries the intent.
    func unexpectedState(_ verb: String, allowed: [Status]) -> StripeError {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        return unexpectedState(
            "You cannot \(verb) this PaymentIntent because it has a status of \(status.rawValue). Only a PaymentIntent "
                + "with one of the following statuses allows that: \(names).")
    }

    /// A refusal of the state with words of its own.
    func unexpectedState(_ message: String, param: String? = nil) -> StripeError {
        var error = StripeError.invalidRequest(message, code: "payment_intent_unexpected_state", param: param)
        error.details["payment_intent"] = .object(json)
        return error
    }
}
