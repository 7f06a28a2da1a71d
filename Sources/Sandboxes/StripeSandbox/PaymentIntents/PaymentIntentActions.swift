import JSON

extension SandboxState {
    func paymentIntent(inPath id: String) throws(StripeError) -> PaymentIntent {
        guard let intent = paymentIntents[id] else { throw .notFound("payment_intent", id, param: "intent") }
        return intent
    }

    /// A client proves by the secret that the intent is its own.
    func requireSecret(of intent: PaymentIntent, _ call: Call) throws(StripeError) {
        let given = call.parameters.string("client_secret")
        if given == nil && !call.isClientSide { return }
        guard let given else { throw StripeError.missingParameter("client_secret").beforeExecution }
        guard given == intent.clientSecret else {
            throw .invalidRequest(
                "The client_secret provided does not match the client_secret associated with the PaymentIntent.",
                code: "payment_intent_invalid_parameter", param: "client_secret")
        }
    }

    /// The method that a request names or describes; nil when it does neither. Throws when it does both.
    func chosenMethod(_ call: Call) throws(StripeError) -> PaymentMethod? {
        let reference = call.parameters.string("payment_method")
        guard let data = call.parameters.hash("payment_method_data") else {
            guard let reference else { return nil }
            return try paymentMethod(for: reference, call.cause)
        }
        guard reference == nil else {
            throw StripeError.invalidRequest(
                "You may only specify one of these parameters: payment_method, payment_method_data.",
                code: "parameters_exclusive", param: "payment_method_data"
            ).beforeExecution
        }
        return try paymentMethod(of: data, at: "payment_method_data", call.cause)
    }

    /// Whether an intent may use a method. Throws when it belongs to another customer or is used up.
    func requireUsable(_ method: PaymentMethod, by intent: PaymentIntent) throws(StripeError) {
        if method.isSpent { throw Self.spent }
        guard intent.types.contains(method.kind) else {
            throw .invalidRequest(
                "The PaymentMethod provided (\(method.kind.rawValue)) is not allowed for this PaymentIntent. It takes: "
                    + "\(intent.types.map(\.rawValue).joined(separator: ", ")).",
                code: "payment_intent_incompatible_payment_method", param: "payment_method")
        }
        guard let owner = method.customer, owner != intent.customer else { return }
        if intent.customer == nil {
            throw .invalidRequest(
                "The PaymentMethod \(method.id) belongs to the Customer \(owner). Please include the Customer in the "
                    + "`customer` parameter on the PaymentIntent.", param: "payment_method")
        }
        throw .invalidRequest(
            "The customer does not have a payment method with the ID \(method.id). The payment method must be attached "
                + "to the customer.", code: "resource_missing", param: "payment_method")
    }

    /// Some methods leave the page, so Stripe wants to know where to come back; checked before anything happens.
    func requireReturnURL(_ intent: PaymentIntent, _ confirmation: Confirmation, _ call: Call) throws(StripeError) {
        if let url = confirmation.returnURL {
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw StripeError.invalidRequest("Not a valid URL", code: "url_invalid", param: "return_url")
                    .beforeExecution
            }
            return
        }
        let cardsOnly = intent.allowedTypes == ["card"]
        guard intent.choice == .automatic(redirects: true), !cardsOnly, !call.isClientSide else { return }
        throw StripeError.invalidRequest(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
                + "these payment methods might redirect your customer off of your page, you must provide a "
                + "`return_url`. If you don't want to accept redirect-based payment methods, set "
                + "`automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to "
                + "`never` when creating Setup Intents and Payment Intents.", param: "return_url"
        ).beforeExecution
    }

    static func missingMethod(_ intent: PaymentIntent) -> StripeError {
        intent.unexpectedState(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
                + "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
                + "payment method or ConfirmationToken.")
    }

    func retrievePaymentIntent(_ call: Call) throws(StripeError) -> JSONValue {
        let intent = try paymentIntent(inPath: call.id)
        try requireSecret(of: intent, call)
        return .object(intent.json)
    }

    func listPaymentIntents(_ call: Call) throws(StripeError) -> JSONValue {
        let customer = call.parameters.string("customer")
        return try page(of: paymentIntents, call) { customer == nil || $0.customer == customer }
    }

    mutating func cancelPaymentIntent(_ call: Call) throws(StripeError) -> JSONValue {
        let intent = try paymentIntent(inPath: call.id)
        try requireNoOpenCheckout(intent)
        try cancel(intent.id, reason: call.parameters.string("cancellation_reason"), call.cause)
        return .object(paymentIntents[intent.id]?.json ?? intent.json)
    }

    mutating func capturePaymentIntent(_ call: Call) throws(StripeError) -> JSONValue {
        var intent = try paymentIntent(inPath: call.id)
        let metadata = try Metadata.merged(intent.metadata, call.parameters["metadata"])
        try capture(intent.id, call.parameters.int("amount_to_capture"), call.cause)
        intent = paymentIntents[intent.id] ?? intent
        intent.metadata = metadata
        paymentIntents[intent.id] = intent
        return .object(intent.json)
    }
}
