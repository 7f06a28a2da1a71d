import JSON

extension SandboxState {
    private func checkoutSession(inPath id: String) throws(StripeError) -> CheckoutSession {
        guard let session = checkoutSessions[id] else { throw .notFound("checkout.session", id, param: "session") }
        return session
    }

    func retrieveCheckoutSession(_ call: Call) throws(StripeError) -> JSONValue {
        .object(try checkoutSession(inPath: call.id).json)
    }

    mutating func updateCheckoutSession(_ call: Call) throws(StripeError) -> JSONValue {
        var session = try checkoutSession(inPath: call.id)
        session.metadata = try Metadata.merged(session.metadata, call.parameters["metadata"])
        checkoutSessions[session.id] = session
        return .object(session.json)
    }

    func listCheckoutSessions(_ call: Call) throws(StripeError) -> JSONValue {
        let parameters = call.parameters
        let email = parameters["customer_details", "email"]?.string
        return try page(of: checkoutSessions, call) { session in
            (!parameters.has("customer") || parameters.string("customer") == session.customer)
                && (!parameters.has("payment_intent") || parameters.string("payment_intent") == session.paymentIntent)
                && (parameters.string("status") ?? session.status.rawValue) == session.status.rawValue
                && (email == nil || email == session.knownEmail) && !parameters.has("subscription")
        }
    }

    /// In the order of the request, unlike other lists.
    func listCheckoutItems(_ call: Call) throws(StripeError) -> JSONValue {
        let session = try checkoutSession(inPath: call.id)
        var items = ObjectTable<CheckoutItem>(objectsMax: session.items.count)
        for item in session.items.reversed() { items.insert(item) }
        return try page(of: items, call)
    }

    /// The merchant ends it. Throws when it is no longer open.
    mutating func expireCheckoutSession(_ call: Call) throws(StripeError) -> JSONValue {
        let session = try checkoutSession(inPath: call.id)
        guard session.status == .open else {
            throw .invalidRequest(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status "
                    + "of `\(session.status.rawValue)`.")
        }
        expireCheckout(session.id, call.cause)
        return .object(checkoutSessions[session.id]?.json ?? session.json)
    }

    /// Ends a session that is open, and its payment intent with it; nothing happens to others.
    mutating func expireCheckout(_ id: String, _ cause: Cause) {
        guard var session = checkoutSessions[id], session.status == .open else { return }
        session.status = .expired
        checkoutSessions[id] = session
        emit("checkout.session.expired", session.json, cause)
        guard let intent = session.paymentIntent else { return }
        do throws(StripeError) { try cancel(intent, reason: "automatic", cause) } catch {
            // While a session is open, its intent is in a state that can be canceled.
            return
        }
    }
}
