import JSON

/// What confirming needs to know besides the intent.
struct Confirmation: Sendable {
    /// Whether the payer is not there.
    let isOffSession: Bool
    /// Whether a wish for authentication is a refusal.
    let failsOnAction: Bool
    /// Whether Stripe's script takes the next action.
    let usesScript: Bool
    /// Where the payer goes after another page.
    let returnURL: String?

    /// As the sandbox's own page confirms: the payer is there and comes back to it.
    init(returnURL: String) {
        isOffSession = false
        failsOnAction = false
        usesScript = false
        self.returnURL = returnURL
    }

    init(_ call: Call) {
        let offSession = call.parameters["off_session"]
        isOffSession = offSession?.bool ?? (offSession?.string != nil)
        failsOnAction = call.parameters.bool("error_on_requires_action") ?? false
        usesScript = call.parameters.bool("use_stripe_sdk") ?? false
        returnURL = call.parameters.string("return_url")
    }
}

extension SandboxState {
    mutating func confirmPaymentIntent(_ call: Call) throws(StripeError) -> JSONValue {
        var intent = try paymentIntent(inPath: call.id)
        try requireSecret(of: intent, call)
        try requireRoomForPayment()
        let rule = PaymentIntent.Step.requireAction(.script(url: "")).rule
        guard rule.from.contains(intent.status) else { throw intent.unexpectedState(rule.verb, allowed: rule.from) }
        if intent.isManuallyConfirmed && call.isClientSide {
            throw .invalidRequest(
                "This PaymentIntent's confirmation_method is manual: confirm it on your server with a secret key.")
        }
        let confirmation = Confirmation(call)
        try intent.takeConfirmable(call.parameters)
        if let capture = call.parameters.string("capture_method").flatMap(PaymentIntent.CaptureMethod.init) {
            intent.captureMethod = capture
        }
        if let email = call.parameters["receipt_email"] { intent.receiptEmail = email.string }
        if let shipping = call.parameters["shipping"] { intent.shipping = Address.shipping(shipping, ofPayment: true) }
        let chosen = try chosenMethod(call)
        guard let method = chosen ?? intent.paymentMethod.flatMap({ paymentMethods[$0] }) else {
            throw Self.missingMethod(intent)
        }
        try requireUsable(method, by: intent)
        try requireReturnURL(intent, confirmation, call)
        keep(method)
        if chosen != nil || !intent.isAuthenticated { try intent.apply(.choose(method.id)) }
        paymentIntents[intent.id] = intent
        try confirm(intent.id, confirmation, call.cause)
        return .object(paymentIntents[intent.id]?.json ?? intent.json)
    }

    /// Tries to take the money of an intent that has its method. Throws the 402 of a refusal, which is then recorded.
    mutating func confirm(_ id: String, _ confirmation: Confirmation, _ cause: Cause) throws(StripeError) {
        guard var intent = paymentIntents[id], let methodID = intent.paymentMethod,
            let method = paymentMethods[methodID]
        else { return }
        if method.kind == .konbini { return try issueVoucher(&intent, cause) }
        let attempt = CardAttempt(
            card: method.card, lacksCvc: method.lacksCvc, isOffSession: confirmation.isOffSession,
            isSetUp: method.isSetUp, requestsAuthentication: intent.requestThreeDSecure != "automatic",
            isAuthenticated: intent.isAuthenticated)
        switch attempt.outcome {
        case .approved where method.card.isProcessed: try process(&intent, method, cause)
        case .approved: try approve(&intent, method, isAuthenticated: attempt.isAuthenticated, cause)
        case .declined(let decline): throw try refuse(&intent, method, decline, cause)
        case .needsAuthentication where confirmation.failsOnAction:
            throw try refuse(&intent, method, .authenticationRequired, hasCharge: false, cause)
        case .needsAuthentication:
            let page = "\(publicURL)/_sandbox/3ds/\(intent.id)"
            if let returnURL = confirmation.returnURL, !confirmation.usesScript {
                try intent.apply(.requireAction(.redirect(url: page, returnURL: returnURL)))
            } else {
                try intent.apply(.requireAction(.script(url: page)))
            }
            paymentIntents[id] = intent
            emit("payment_intent.requires_action", intent.json, cause)
        }
    }

    /// Whether an intent is to be paid by a card.
    func isCard(_ intent: PaymentIntent) -> Bool {
        intent.paymentMethod.flatMap { paymentMethods[$0] }?.kind == .card
    }

    /// The payer proved who they are, or failed to. Throws when nobody asked. A bank's refusal afterwards is no fault
    /// here: the intent tells it.
    mutating func authenticate(_ id: String, succeeds: Bool, _ cause: Cause) throws(StripeError) -> PaymentIntent {
        guard var intent = paymentIntents[id] else { throw .notFound("payment_intent", id) }
        guard intent.status == .requiresAction, let methodID = intent.paymentMethod,
            let method = paymentMethods[methodID], isCard(intent)
        else { throw intent.unexpectedState("authenticate", allowed: [.requiresAction]) }
        if !succeeds {
            try failAuthentication(&intent, method, cause)
        } else if intent.isManuallyConfirmed {
            try intent.apply(.awaitConfirmation)
            paymentIntents[id] = intent
        } else {
            let attempt = CardAttempt(card: method.card, lacksCvc: method.lacksCvc, isAuthenticated: true)
            if case .declined(let decline) = attempt.outcome {
                _ = try refuse(&intent, method, decline, isAuthenticated: true, cause)
            } else {
                try approve(&intent, method, isAuthenticated: true, cause)
            }
        }
        return paymentIntents[id] ?? intent
    }

    private mutating func failAuthentication(
        _ intent: inout PaymentIntent, _ method: PaymentMethod, _ cause: Cause
    ) throws(StripeError) {
        let code = "payment_intent_authentication_failure"
        let error: JSONObject = [
            "code": .string(code),
            "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
            "message": .string(
                "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
                    + "PaymentMethod to attempt to fulfill this PaymentIntent again."),
            "payment_method": .object(method.json), "type": "invalid_request_error",
        ]
        try intent.apply(.refuse(error: error, charge: nil))
        paymentIntents[intent.id] = intent
        emit("payment_intent.payment_failed", intent.json, cause)
    }
}
