import JSON
import Kernel

extension SandboxState {
    /// Creates an intent and, if asked, confirms it at once; a decline leaves the intent behind.
    mutating func createPaymentIntent(_ call: Call) throws(StripeError) -> JSONValue {
        try requireRoomForPayment()
        var intent = try newIntent(call)
        let method = try chosenMethod(call)
        if let method { try requireUsable(method, by: intent) }
        let confirms = call.parameters.bool("confirm") == true
        if confirms {
            guard method != nil else {
                var error = Self.missingMethod(intent)
                // There is no such intent yet, so it cannot be shown.
                error.details = [:]
                throw error.beforeExecution
            }
            try requireReturnURL(intent, Confirmation(call), call)
        } else {
            try Self.refuseConfirmationParameters(call)
        }
        if let method {
            keep(method)
            try intent.apply(.choose(method.id))
        }
        paymentIntents.insert(intent)
        emit("payment_intent.created", intent.json, call.cause)
        if confirms { try confirm(intent.id, Confirmation(call), call.cause) }
        return .object(paymentIntents[intent.id]?.json ?? intent.json)
    }

    private func newIntent(_ call: Call) throws(StripeError) -> PaymentIntent {
        let parameters = call.parameters
        let currency = try Amount.currency(parameters.string("currency") ?? "")
        let amount = parameters.int("amount") ?? 0
        try Amount.check(amount, currency)
        let id = newID("pi_")
        var intent = PaymentIntent(
            id: id, created: call.cause.seconds, clientSecret: "\(id)_secret_\(random.alphanumerics(25))",
            amount: amount, currency: currency.code, choice: try Self.methodChoice(call),
            captureMethod: Self.captureMethod(call, asynchronous: options.automaticAsync))
        intent.isManuallyConfirmed = parameters.string("confirmation_method") == "manual"
        if let customer = parameters.string("customer") { intent.customer = try requireCustomer(customer).id }
        intent.namedTypes = parameters.strings("payment_method_types")
        try intent.take(parameters)
        return intent
    }

    private static func methodChoice(_ call: Call) throws(StripeError) -> PaymentIntent.MethodChoice {
        let automatic = call.parameters.hash("automatic_payment_methods")
        let named = call.parameters.strings("payment_method_types")
        if named != nil, automatic?.bool("enabled") == true {
            throw StripeError.invalidRequest(
                "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
                code: "parameters_exclusive", param: "payment_method_types"
            ).beforeExecution
        }
        if let named { try PaymentMethodTypes.requireSimulated(named, "payment_method_types") }
        if automatic?.bool("enabled") == false || named != nil { return .named }
        if automatic == nil, call.version < .automaticPaymentMethods { return .named }
        return .automatic(redirects: automatic?.string("allow_redirects") != "never")
    }

    private static func captureMethod(_ call: Call, asynchronous: Bool) -> PaymentIntent.CaptureMethod {
        if let named = call.parameters.string("capture_method").flatMap(PaymentIntent.CaptureMethod.init) {
            return named
        }
        return asynchronous && call.version >= .asynchronousCapture ? .automaticAsync : .automatic
    }

    /// Stripe takes some parameters only together with `confirm=true`.
    private static func refuseConfirmationParameters(_ call: Call) throws(StripeError) {
        for name in ["off_session", "error_on_requires_action", "return_url", "mandate_data"]
        where call.parameters.has(name) {
            throw StripeError.invalidRequest(
                "The parameter `\(name)` cannot be passed when creating a PaymentIntent unless `confirm` is set to true.",
                param: name
            ).beforeExecution
        }
    }

    mutating func updatePaymentIntent(_ call: Call) throws(StripeError) -> JSONValue {
        var intent = try paymentIntent(inPath: call.id)
        let parameters = call.parameters
        try requireChangeable(intent, parameters)
        if parameters.has("currency") || parameters.has("amount") {
            let currency = try Amount.currency(parameters.string("currency") ?? intent.currency)
            intent.amount = parameters.int("amount") ?? intent.amount
            intent.currency = currency.code
            try Amount.check(intent.amount, currency)
        }
        if let customer = parameters.string("customer") { intent.customer = try requireCustomer(customer).id }
        if let capture = parameters.string("capture_method").flatMap(PaymentIntent.CaptureMethod.init) {
            intent.captureMethod = capture
        }
        try intent.take(parameters)
        if let method = try chosenMethod(call) {
            try paymentMethods.requireRoom()
            try requireUsable(method, by: intent)
            keep(method)
            try intent.apply(.choose(method.id))
        } else if intent.status == .requiresAction, let method = intent.paymentMethod,
            ["amount", "currency", "customer", "capture_method"].contains(where: parameters.has)
        {
            // What the payer was about to prove is no longer what is paid.
            try intent.apply(.choose(method))
        }
        paymentIntents[intent.id] = intent
        return .object(intent.json)
    }

    /// Once money moved, or none ever will, only notes may change.
    private func requireChangeable(_ intent: PaymentIntent, _ parameters: Parameters) throws(StripeError) {
        guard [.processing, .requiresCapture, .succeeded, .canceled].contains(intent.status) else { return }
        let notes = ["metadata", "description", "receipt_email", "shipping", "transfer_group", "expand"]
        guard let param = parameters.values.names.first(where: { !notes.contains($0) }) else { return }
        throw intent.unexpectedState(
            "This PaymentIntent's \(param) could not be updated because it has a status of \(intent.status.rawValue). "
                + "You may only update the \(param) of a PaymentIntent with one of the following statuses: "
                + "requires_payment_method, requires_confirmation, requires_action.", param: param)
    }
}

extension PaymentIntent {
    /// Takes over what create and update have in common. Throws for metadata beyond its limits.
    mutating func take(_ parameters: Parameters) throws(StripeError) {
        metadata = try Metadata.merged(metadata, parameters["metadata"])
        if let text = parameters.string("description") { description = text }
        if let email = parameters["receipt_email"] { receiptEmail = email.string }
        if let value = parameters["shipping"] { shipping = Address.shipping(value, ofPayment: true) }
        if let text = parameters.string("statement_descriptor") { statementDescriptor = text }
        if let text = parameters.string("statement_descriptor_suffix") { statementDescriptorSuffix = text }
        if let group = parameters.string("transfer_group") { transferGroup = group }
        try takeConfirmable(parameters)
    }

    /// Takes over what may also be said when confirming.
    mutating func takeConfirmable(_ parameters: Parameters) throws(StripeError) {
        if let usage = parameters["setup_future_usage"] { setupFutureUsage = usage.string }
        if let secure = parameters["payment_method_options", "card", "request_three_d_secure"]?.string {
            requestThreeDSecure = secure
        }
        if let types = parameters["allowed_payment_method_types"] {
            let names = types.array?.compactMap(\.string) ?? []
            if !types.isNull { try PaymentMethodTypes.requireSimulated(names, "allowed_payment_method_types") }
            allowedTypes = types
        }
        if let types = parameters["excluded_payment_method_types"] { excludedTypes = types }
        if parameters.has("allowed_payment_method_types") || parameters.has("excluded_payment_method_types") {
            guard !types.isEmpty else {
                throw StripeError.unsimulated("excluded_payment_method_types", "all that it has").beforeExecution
            }
        }
    }
}
