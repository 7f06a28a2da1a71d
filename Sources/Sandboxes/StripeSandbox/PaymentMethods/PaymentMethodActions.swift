import JSON

extension SandboxState {
    /// The method that a parameter names. A shared test id makes a new one each time, which the caller keeps when it
    /// uses it. Throws when there is none.
    func paymentMethod(
        for reference: String, param: String = "payment_method", _ cause: Cause
    ) throws(StripeError) -> PaymentMethod {
        if let card = TestCard.paymentMethod(reference) { return newMethod(CardInput(card, at: cause.at), cause) }
        guard let method = paymentMethods[reference] else { throw .missing("PaymentMethod", reference, param: param) }
        return method
    }

    /// The method that `payment_method_data` describes. Throws for types that are not simulated and for mistyped cards.
    func paymentMethod(of data: Parameters, at path: String, _ cause: Cause) throws(StripeError) -> PaymentMethod {
        let type = data.string("type") ?? "card"
        guard let kind = PaymentMethod.Kind(rawValue: type) else {
            throw .unsimulated(ParameterCheck.join(path, "type"), type)
        }
        var method: PaymentMethod
        switch kind {
        case .card:
            let cardPath = ParameterCheck.join(path, "card")
            guard let card = data.hash("card") else { throw .missingParameter(cardPath) }
            method = newMethod(try CardInput(card, at: cardPath, now: cause.at), cause)
        case .konbini: method = konbini(cause)
        }
        method.billingDetails = Address.billing(data["billing_details"])
        method.metadata = try Metadata.merged([:], data["metadata"])
        if let redisplay = data.string("allow_redisplay") { method.allowRedisplay = redisplay }
        return method
    }

    /// A new way to pay in cash at a convenience store.
    func konbini(_ cause: Cause) -> PaymentMethod {
        PaymentMethod(
            id: newID("pm_"), created: cause.seconds, kind: .konbini, card: TestCard(number: ""), expMonth: 0,
            expYear: 0)
    }

    /// A new method of a card.
    func newMethod(_ input: CardInput, _ cause: Cause) -> PaymentMethod {
        PaymentMethod(
            id: newID("pm_"), created: cause.seconds, card: input.card, expMonth: input.expMonth,
            expYear: input.expYear, lacksCvc: input.lacksCvc)
    }

    /// Keeps a method that may be new.
    mutating func keep(_ method: PaymentMethod) {
        if paymentMethods[method.id] == nil {
            paymentMethods.insert(method)
        } else {
            paymentMethods[method.id] = method
        }
    }

    mutating func createPaymentMethod(_ call: Call) throws(StripeError) -> JSONValue {
        try paymentMethods.requireRoom()
        guard call.parameters.has("type") else { throw .missingParameter("type").beforeExecution }
        let method = try paymentMethod(of: call.parameters, at: "", call.cause)
        keep(method)
        return .object(method.json)
    }

    mutating func retrievePaymentMethod(_ call: Call) throws(StripeError) -> JSONValue {
        if TestCard.paymentMethod(call.id) != nil {
            try paymentMethods.requireRoom()
            let method = try paymentMethod(for: call.id, call.cause)
            keep(method)
            return .object(method.json)
        }
        return .object(try paymentMethod(inPath: call.id).json)
    }

    mutating func updatePaymentMethod(_ call: Call) throws(StripeError) -> JSONValue {
        var method = try paymentMethod(inPath: call.id)
        guard method.customer != nil else {
            throw .invalidRequest(
                "You must save this PaymentMethod to a customer before you can update it.",
                code: "payment_method_unexpected_state")
        }
        let before = method.json
        method.metadata = try Metadata.merged(method.metadata, call.parameters["metadata"])
        if let details = call.parameters["billing_details"]?.object {
            var merged = method.billingDetails
            for (name, value) in details.members {
                merged[name] = name == "address" ? Address.json(value.isNull ? .object([:]) : value) : value
            }
            method.billingDetails = merged
        }
        if let month = call.parameters["card", "exp_month"]?.int { method.expMonth = month }
        if let year = call.parameters["card", "exp_year"]?.int { method.expYear = year }
        if let redisplay = call.parameters.string("allow_redisplay") { method.allowRedisplay = redisplay }
        paymentMethods[method.id] = method
        emitUpdate("payment_method.updated", from: before, to: method.json, call.cause)
        return .object(method.json)
    }

    mutating func attachPaymentMethod(_ call: Call) throws(StripeError) -> JSONValue {
        guard let customerID = call.parameters.string("customer") else {
            throw .missingParameter("customer").beforeExecution
        }
        let method: PaymentMethod
        if TestCard.paymentMethod(call.id) != nil {
            try paymentMethods.requireRoom()
            method = try paymentMethod(for: call.id, call.cause)
        } else {
            method = try paymentMethod(inPath: call.id)
        }
        let customer = try requireCustomer(customerID)
        try requireAttachable(method, to: customer.id)
        return .object(attach(method, to: customer.id, call.cause).json)
    }

    mutating func detachPaymentMethod(_ call: Call) throws(StripeError) -> JSONValue {
        var method = try paymentMethod(inPath: call.id)
        guard let customerID = method.customer else {
            throw .invalidRequest(
                "The payment method you provided is not attached to a customer so detachment is impossible.",
                code: "payment_method_unexpected_state")
        }
        method.detach()
        paymentMethods[method.id] = method
        emit("payment_method.detached", method.json, call.cause)
        if var customer = customers[customerID], customer.defaultPaymentMethod == method.id {
            let before = customer.json
            customer.defaultPaymentMethod = nil
            customers[customerID] = customer
            emitUpdate("customer.updated", from: before, to: customer.json, call.cause)
        }
        return .object(method.json)
    }

    func listPaymentMethods(_ call: Call) throws(StripeError) -> JSONValue {
        let customer = call.parameters.string("customer")
        if let customer { _ = try requireCustomer(customer) }
        return try page(of: paymentMethods, call) {
            // Without a customer Stripe lists only those that belong to one.
            Self.matches($0, call) && $0.customer != nil && (customer == nil || $0.customer == customer)
        }
    }

    static func matches(_ method: PaymentMethod, _ call: Call) -> Bool {
        if let type = call.parameters.string("type"), type != method.kind.rawValue { return false }
        if let redisplay = call.parameters.string("allow_redisplay") { return method.allowRedisplay == redisplay }
        return true
    }

    /// Whether a customer may have it. Throws the bank's refusal for the cards that cannot be attached.
    func requireAttachable(_ method: PaymentMethod, to customer: String) throws(StripeError) {
        if method.customer == customer { return }
        guard method.kind == .card else {
            throw .invalidRequest(
                "This type of PaymentMethod (\(method.kind.rawValue)) cannot be attached to a customer.",
                code: "payment_method_not_available", param: "payment_method")
        }
        guard method.customer == nil else {
            throw .invalidRequest(
                "The payment method you provided has already been attached to a customer.",
                code: "payment_method_unexpected_state")
        }
        guard !method.isSpent else { throw Self.spent }
        if let decline = method.card.attachDecline, !(method.card.declinesOnlyCvc && method.lacksCvc) {
            throw CardInput.refused(decline)
        }
    }

    static let spent = StripeError.invalidRequest(
        "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, "
            + "and may not be used again.", code: "payment_method_unexpected_state", param: "payment_method")

    /// Gives the method to the customer; nothing happens when it is theirs already.
    @discardableResult
    mutating func attach(_ method: PaymentMethod, to customer: String, _ cause: Cause) -> PaymentMethod {
        guard method.customer != customer else { return method }
        var attached = method
        attached.customer = customer
        keep(attached)
        emit("payment_method.attached", attached.json, cause)
        return attached
    }

    private func paymentMethod(inPath id: String) throws(StripeError) -> PaymentMethod {
        guard let method = paymentMethods[id] else { throw .notFound("PaymentMethod", id) }
        return method
    }
}
