import JSON

extension SandboxState {
    func retrieveCharge(_ call: Call) throws(StripeError) -> JSONValue { .object(try charge(inPath: call.id).json) }

    func listCharges(_ call: Call) throws(StripeError) -> JSONValue {
        let parameters = call.parameters
        return try page(of: charges, call) { charge in
            (parameters.string("payment_intent") ?? charge.paymentIntent) == charge.paymentIntent
                && (!parameters.has("customer") || parameters.string("customer") == charge.customer)
                && (!parameters.has("transfer_group") || parameters.string("transfer_group") == charge.transferGroup)
        }
    }

    mutating func updateCharge(_ call: Call) throws(StripeError) -> JSONValue {
        var charge = try charge(inPath: call.id)
        let before = charge.json
        let parameters = call.parameters
        charge.metadata = try Metadata.merged(charge.metadata, parameters["metadata"])
        if let customer = parameters.string("customer") {
            guard charge.customer == nil || charge.customer == customer else {
                throw .invalidRequest("You cannot change the customer of a charge.", param: "customer")
            }
            charge.customer = try requireCustomer(customer).id
        }
        if let description = parameters.string("description") { charge.description = description }
        if let email = parameters.string("receipt_email") { charge.receiptEmail = email }
        if let shipping = parameters["shipping"] { charge.shipping = Address.shipping(shipping, ofPayment: true) }
        if let group = parameters.string("transfer_group") { charge.transferGroup = group }
        if let report = parameters["fraud_details", "user_report"] { charge.fraudReport = report.string }
        charges[charge.id] = charge
        emitUpdate("charge.updated", from: before, to: charge.json, call.cause)
        return .object(charge.json)
    }

    /// Capturing a charge captures its payment intent.
    mutating func captureCharge(_ call: Call) throws(StripeError) -> JSONValue {
        let charge = try charge(inPath: call.id)
        if charge.isCaptured {
            throw .invalidRequest("Charge \(charge.id) has already been captured.", code: "charge_already_captured")
        }
        try capture(charge.paymentIntent, call.parameters.int("amount"), param: "amount", call.cause)
        return .object(charges[charge.id]?.json ?? charge.json)
    }

    private func charge(inPath id: String) throws(StripeError) -> Charge {
        guard let charge = charges[id] else { throw .notFound("charge", id) }
        return charge
    }

    /// Keeps a charge that may be new.
    mutating func keep(_ charge: Charge) {
        if charges[charge.id] == nil {
            charges.insert(charge)
        } else {
            charges[charge.id] = charge
        }
    }

    /// Changes a charge and tells nobody.
    mutating func changeCharge(_ id: String, _ change: (inout Charge) -> Void) {
        guard var charge = charges[id] else { return }
        change(&charge)
        charges[id] = charge
    }

    /// The balance transaction of an asynchronous capture arrives.
    mutating func settleBalance(_ chargeID: String, _ cause: Cause) {
        guard var charge = charges[chargeID], charge.balanceTransaction == nil, charge.isCaptured else { return }
        let before = charge.json
        charge.balanceTransaction = bookCharge(charge, cause)
        charges[chargeID] = charge
        emitUpdate("charge.updated", from: before, to: charge.json, cause)
    }

    /// Books what a charge brought.
    mutating func bookCharge(_ charge: Charge, _ cause: Cause) -> String {
        book(
            .charge, charge.amountCaptured, of: charge.id, currency: charge.currency,
            fee: Self.fee(of: charge.amountCaptured), isAvailable: charge.paymentMethod.card.bypassesPending,
            description: charge.description, at: cause.seconds)
    }
}

extension Endpoint {
    /// `/v1/charges`. Charges are made by payment intents only.
    static let charges: [Endpoint] = [
        .search("/v1/charges/search", of: "charge") { state, call throws(StripeError) in
            try state.search(state.charges, call)
        },
        .list(
            "/v1/charges", of: "charge",
            [.created, .text("customer"), .text("payment_intent"), .text("transfer_group")]
        ) { state, call throws(StripeError) in try state.listCharges(call) },
        .get("/v1/charges/{charge}", answers: "charge") { state, call throws(StripeError) in
            try state.retrieveCharge(call)
        },
        .post(
            "/v1/charges/{charge}", answers: "charge",
            [
                .text("customer"), .text("description"),
                .hash("fraud_details", [Parameter.word("user_report", "fraudulent safe").required.emptyable]),
                Parameter.metadata.emptyable, .text("receipt_email"), .shipping, .text("transfer_group"),
            ]
        ) { state, call throws(StripeError) in try state.updateCharge(call) },
        .post(
            "/v1/charges/{charge}/capture", answers: "charge",
            [
                .integer("amount"), .unsimulated("application_fee"), .unsimulated("application_fee_amount"),
                .unsimulated("receipt_email"), .unsimulated("statement_descriptor"),
                .unsimulated("statement_descriptor_suffix"), .unsimulated("transfer_data"),
                .unsimulated("transfer_group"),
            ]
        ) { state, call throws(StripeError) in try state.captureCharge(call) },
    ]
}
