import JSON

extension SandboxState {
    /// Seven days: how long a bank holds money.
    static let authorizationSeconds: Int64 = 7 * 86_400

    /// Takes the money, or holds it.
    mutating func approve(
        _ intent: inout PaymentIntent, _ method: PaymentMethod, isAuthenticated: Bool, _ cause: Cause
    ) throws(StripeError) {
        var charge = newCharge(intent, method, .succeeded, isAuthenticated: isAuthenticated, cause)
        let isHeld = intent.captureMethod == .manual
        if isHeld {
            try intent.apply(.authorize(charge: charge.id))
        } else {
            try intent.apply(.succeed(charge: charge.id))
            charge.isCaptured = true
            charge.amountCaptured = charge.amount
            if intent.captureMethod == .automatic { charge.balanceTransaction = bookCharge(charge, cause) }
        }
        keep(charge)
        saveMethod(method, after: intent, cause)
        paymentIntents[intent.id] = intent
        emit("charge.succeeded", charge.json, cause)
        emit(isHeld ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded", intent.json, cause)
        if isHeld {
            plan(.expireAuthorization(intent.id), after: .seconds(Self.authorizationSeconds), cause)
        } else if charge.balanceTransaction == nil {
            plan(.settleBalance(charge.id), after: options.balanceAfter, cause)
        }
        checkoutPaid(intent, cause)
        if let claim = method.card.claim { plan(.openDispute(charge.id, claim), after: options.disputeAfter, cause) }
        if method.card.warnsOfFraud { plan(.warnOfFraud(charge.id), after: options.disputeAfter, cause) }
    }

    /// A method that is to be used again goes to the customer; one that belongs to nobody is used up.
    private mutating func saveMethod(_ method: PaymentMethod, after intent: PaymentIntent, _ cause: Cause) {
        var saved = method
        if intent.setupFutureUsage == "off_session" { saved.isSetUp = true }
        if let customer = intent.customer, intent.setupFutureUsage != nil, saved.customer == nil {
            saved = attach(saved, to: customer, cause)
        }
        if saved.customer == nil { saved.isSpent = true }
        keep(saved)
    }

    /// Records a refusal and answers the 402 that tells it.
    mutating func refuse(
        _ intent: inout PaymentIntent, _ method: PaymentMethod, _ decline: Decline, hasCharge: Bool = true,
        isAuthenticated: Bool = false, _ cause: Cause
    ) throws(StripeError) -> StripeError {
        var charge: Charge?
        if hasCharge {
            charge = newCharge(
                intent, method, .failed, decline: decline, isAuthenticated: isAuthenticated, cause)
        }
        var details: JSONObject = [:]
        if let advice = decline.adviceCode { details["advice_code"] = .string(advice) }
        if let charge { details["charge"] = .string(charge.id) }
        if let reason = decline.declineCode { details["decline_code"] = .string(reason) }
        details["payment_method"] = .object(method.json)
        let isCard = method.kind == .card
        var error = StripeError(
            status: isCard ? 402 : 400, kind: isCard ? .card : .invalidRequest, message: decline.message,
            code: decline.code, details: details)
        var recorded = error.json(requestID: "")["error"]?.object ?? [:]
        recorded["request_log_url"] = nil
        try intent.apply(.refuse(error: recorded, charge: charge?.id))
        paymentIntents[intent.id] = intent
        if let charge {
            keep(charge)
            emit("charge.failed", charge.json, cause)
        }
        emit("payment_intent.payment_failed", intent.json, cause)
        checkoutFailed(intent, cause)
        error.details["payment_intent"] = .object(intent.json)
        return error
    }

    /// A new charge, or the one that waits for how it ends.
    func newCharge(
        _ intent: PaymentIntent, _ method: PaymentMethod, _ status: Charge.Status, decline: Decline? = nil,
        isAuthenticated: Bool = false, _ cause: Cause
    ) -> Charge {
        let pending = intent.latestCharge.flatMap { charges[$0] }.flatMap { $0.status == .pending ? $0 : nil }
        let id = pending?.id ?? newID(method.kind.chargePrefix)
        let receiptURL = status == .succeeded ? "\(publicURL)/_sandbox/receipts/\(id)" : nil
        if var charge = pending {
            charge.status = status
            charge.decline = decline
            charge.receiptURL = receiptURL
            return charge
        }
        var charge = Charge(
            id: id, created: cause.seconds, amount: intent.amount, currency: intent.currency,
            paymentIntent: intent.id, paymentMethod: method, status: status, decline: decline,
            isAuthenticated: isAuthenticated, receiptURL: receiptURL)
        charge.customer = intent.customer
        charge.description = intent.description
        charge.metadata = intent.metadata
        charge.receiptEmail = intent.receiptEmail
        charge.shipping = intent.shipping
        charge.statementDescriptor = intent.statementDescriptor
        charge.statementDescriptorSuffix = intent.statementDescriptorSuffix
        charge.transferGroup = intent.transferGroup
        return charge
    }

    /// Takes held money. Throws when none is held, or less than is wanted.
    mutating func capture(
        _ id: String, _ wanted: Int64?, param: String = "amount_to_capture", _ cause: Cause
    ) throws(StripeError) {
        guard var intent = paymentIntents[id] else { throw .notFound("payment_intent", id) }
        let amount = wanted ?? intent.amountCapturable
        let rule = PaymentIntent.Step.capture(amount: amount).rule
        guard rule.from.contains(intent.status), let chargeID = intent.latestCharge, var charge = charges[chargeID]
        else {
            throw intent.unexpectedState(rule.verb, allowed: rule.from)
        }
        guard amount >= 1 else {
            throw .invalidRequest(
                "This value must be greater than or equal to 1.", code: "parameter_invalid_integer", param: param)
        }
        guard amount <= intent.amountCapturable else {
            throw .invalidRequest(
                "The \(param) is greater than the remaining amount (\(intent.amountCapturable)) you can capture for "
                    + "this PaymentIntent.", code: "amount_too_large", param: param)
        }
        try intent.apply(.capture(amount: amount))
        charge.isCaptured = true
        charge.amountCaptured = amount
        if intent.captureMethod == .manual { charge.balanceTransaction = bookCharge(charge, cause) }
        charges[charge.id] = charge
        paymentIntents[intent.id] = intent
        if amount < charge.amount { _ = release(charge.amount - amount, of: charge.id, cause) }
        checkoutCaptured(intent)
        emit("charge.captured", charges[charge.id]?.json ?? charge.json, cause)
        emit("payment_intent.succeeded", intent.json, cause)
    }

    /// Ends an intent; held money is let go. Throws when the state does not allow it.
    mutating func cancel(_ id: String, reason: String?, isExpiry: Bool = false, _ cause: Cause) throws(StripeError) {
        guard var intent = paymentIntents[id] else { throw .notFound("payment_intent", id) }
        let held = intent.status == .requiresCapture ? intent.latestCharge : nil
        try intent.apply(.cancel(reason: reason, at: cause.seconds))
        paymentIntents[id] = intent
        if let held, let charge = charges[held] {
            _ = release(charge.refundable, of: held, cause)
            emit(isExpiry ? "charge.expired" : "charge.refunded", charges[held]?.json ?? charge.json, cause)
        }
        emit("payment_intent.canceled", intent.json, cause)
    }
}
