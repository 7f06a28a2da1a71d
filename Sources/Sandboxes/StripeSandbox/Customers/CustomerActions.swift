import JSON
import Kernel

extension SandboxState {
    /// The customer that a parameter names. Throws when there is none, or it is deleted.
    func requireCustomer(_ id: String, param: String = "customer") throws(StripeError) -> Customer {
        guard let customer = customers[id], !customer.isDeleted else { throw .missing("customer", id, param: param) }
        return customer
    }

    /// The customer that the path names.
    private func customer(inPath id: String) throws(StripeError) -> Customer {
        guard let customer = customers[id], !customer.isDeleted else {
            throw .notFound("customer", id)
        }
        return customer
    }

    mutating func createCustomer(_ call: Call) throws(StripeError) -> JSONValue {
        try customers.requireRoom()
        try Self.checkEmail(call)
        var customer = Customer(
            id: newID("cus_"), created: call.cause.seconds, invoicePrefix: random.alphanumerics(8).uppercased())
        try customer.apply(call.parameters)
        var method: PaymentMethod?
        if let reference = call.parameters.string("payment_method") {
            let found = try paymentMethod(for: reference, call.cause)
            try requireAttachable(found, to: customer.id)
            method = found
        }
        if let wanted = customer.defaultPaymentMethod, wanted != method?.id {
            guard let reference = call.parameters.string("payment_method"), reference == wanted else {
                throw Self.notOfCustomer(wanted)
            }
            customer.defaultPaymentMethod = method?.id
        }
        customers.insert(customer)
        emit("customer.created", customer.json, call.cause)
        if let method { attach(method, to: customer.id, call.cause) }
        return .object(customer.json)
    }

    mutating func updateCustomer(_ call: Call) throws(StripeError) -> JSONValue {
        var customer = try customer(inPath: call.id)
        try Self.checkEmail(call)
        let before = customer.json
        try customer.apply(call.parameters)
        if let method = call.parameters["invoice_settings", "default_payment_method"]?.string {
            guard paymentMethods[method]?.customer == customer.id else { throw Self.notOfCustomer(method) }
        }
        customers[customer.id] = customer
        emitUpdate("customer.updated", from: before, to: customer.json, call.cause)
        return .object(customer.json)
    }

    mutating func deleteCustomer(_ call: Call) throws(StripeError) -> JSONValue {
        var customer = try customer(inPath: call.id)
        let whole = customer.json
        for var method in paymentMethods.newestFirst.filter({ $0.customer == customer.id }) {
            method.detach()
            paymentMethods[method.id] = method
        }
        customer.isDeleted = true
        customers[customer.id] = customer
        emit("customer.deleted", whole, call.cause)
        return .object(customer.json)
    }

    /// A deleted customer answers with its stub.
    func retrieveCustomer(_ call: Call) throws(StripeError) -> JSONValue {
        guard let customer = customers[call.id] else { throw .notFound("customer", call.id) }
        return .object(customer.json)
    }

    func listCustomers(_ call: Call) throws(StripeError) -> JSONValue {
        let email = call.parameters.string("email")
        return try page(of: customers, call) { !$0.isDeleted && (email == nil || $0.email == email) }
    }

    func listPaymentMethods(ofCustomer call: Call) throws(StripeError) -> JSONValue {
        let customer = try customer(inPath: call.id)
        return try page(of: paymentMethods, call) { Self.matches($0, call) && $0.customer == customer.id }
    }

    func retrievePaymentMethod(ofCustomer call: Call) throws(StripeError) -> JSONValue {
        let customer = try customer(inPath: call.id)
        guard let method = paymentMethods[call.ids[1]], method.customer == customer.id else {
            throw .notFound("PaymentMethod", call.ids[1])
        }
        return .object(method.json)
    }

    private static func notOfCustomer(_ method: String) -> StripeError {
        .invalidRequest(
            "The customer does not have a payment method with the ID \(method). The payment method must be attached "
                + "to the customer.", code: "resource_missing", param: "invoice_settings[default_payment_method]")
    }

    private static func checkEmail(_ call: Call) throws(StripeError) {
        guard let email = call.parameters.string("email") else { return }
        guard EmailAddress.isPlausible(email) else {
            throw StripeError.invalidRequest("Invalid email address: \(email)", code: "email_invalid", param: "email")
        }
    }
}
