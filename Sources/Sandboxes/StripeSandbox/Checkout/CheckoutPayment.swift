import JSON
import Kernel

/// How a buyer's try on the page ends.
enum CheckoutOutcome: Sendable {
    /// The session is complete; paid, or unpaid until the money comes.
    case completed(CheckoutSession)
    /// The buyer must prove who they are at this address.
    case needsAuthentication(url: String)
    /// The bank refused; the session stays open.
    case declined(StripeError)
}

extension SandboxState {
    /// The buyer's try to pay. Throws when the session is unknown or not open (a second press of the button finds it
    /// complete), and for a way to pay that it does not take; nothing is charged then.
    mutating func payCheckout(
        _ id: String, _ chosen: PaymentMethod, _ payer: CheckoutPayer, _ cause: Cause
    ) throws(StripeError) -> CheckoutOutcome {
        guard var session = checkoutSessions[id] else { throw .notFound("checkout.session", id, param: "session") }
        guard session.status == .open else {
            throw .invalidRequest(
                "This Checkout Session is not open: it has a status of `\(session.status.rawValue)`.")
        }
        guard session.types.contains(chosen.kind) else {
            throw .invalidRequest(
                "This Checkout Session does not take payment methods of the type \(chosen.kind.rawValue).",
                code: "payment_intent_incompatible_payment_method", param: "payment_method")
        }
        if chosen.isSpent { throw Self.spent }
        try requireRoomForPayment()
        try customers.requireRoom()
        session.payer = payer
        makeCustomer(of: &session, cause)
        var method = chosen
        method.billingDetails = Address.billing(["email": .string(payer.email), "name": JSONValue(payer.name)])
        checkoutSessions[id] = session
        var intent = checkoutIntent(of: &session, cause)
        try requireUsable(method, by: intent)
        keep(method)
        try intent.apply(.choose(method.id))
        paymentIntents[intent.id] = intent
        do throws(StripeError) {
            try confirm(intent.id, Confirmation(returnURL: session.pageURL), cause)
        } catch {
            return .declined(error)
        }
        if let done = checkoutSessions[id], done.status == .complete { return .completed(done) }
        guard case .redirect(let url, _) = paymentIntents[intent.id]?.nextAction else {
            throw intent.unexpectedState("pay", allowed: [.requiresAction])
        }
        return .needsAuthentication(url: url)
    }

    /// Some sellers want a customer of every buyer, and a card that is kept needs one.
    private mutating func makeCustomer(of session: inout CheckoutSession, _ cause: Cause) {
        guard session.customer == nil, session.customerCreation == "always" || session.terms.setupFutureUsage != nil,
            let payer = session.payer
        else { return }
        var customer = Customer(
            id: newID("cus_"), created: cause.seconds, invoicePrefix: random.alphanumerics(8).uppercased())
        customer.email = payer.email
        customer.name = payer.name
        customers.insert(customer)
        session.customer = customer.id
        emit("customer.created", customer.json, cause)
    }

    /// The session's intent: made by the first try, tried again by the next.
    private mutating func checkoutIntent(of session: inout CheckoutSession, _ cause: Cause) -> PaymentIntent {
        if let intent = session.paymentIntent.flatMap({ paymentIntents[$0] }) { return intent }
        let id = newID("pi_")
        var intent = PaymentIntent(
            id: id, created: cause.seconds, clientSecret: "\(id)_secret_\(random.alphanumerics(25))",
            amount: session.amountTotal, currency: session.currency,
            choice: session.namedTypes == nil ? .automatic(redirects: true) : .named,
            captureMethod: session.terms.captureMethod)
        let terms = session.terms
        intent.customer = session.customer
        intent.setupFutureUsage = terms.setupFutureUsage
        intent.namedTypes = session.namedTypes
        intent.allowedTypes = session.allowedTypes
        intent.excludedTypes = session.excludedTypes
        intent.description = terms.description
        intent.receiptEmail = terms.receiptEmail
        intent.shipping = terms.shipping
        intent.statementDescriptor = terms.statementDescriptor
        intent.statementDescriptorSuffix = terms.statementDescriptorSuffix
        intent.transferGroup = terms.transferGroup
        intent.metadata = terms.metadata
        intent.checkoutSession = session.id
        paymentIntents.insert(intent)
        session.paymentIntent = id
        checkoutSessions[session.id] = session
        emit("payment_intent.created", intent.json, cause)
        return intent
    }
}

// What an intent tells the session it belongs to, if any.
extension SandboxState {
    private func checkout(of intent: PaymentIntent) -> CheckoutSession? {
        intent.checkoutSession.flatMap { checkoutSessions[$0] }
    }

    private mutating func completeCheckout(
        _ session: CheckoutSession, _ status: CheckoutSession.PaymentStatus, _ cause: Cause
    ) {
        var session = session
        session.status = .complete
        session.paymentStatus = status
        checkoutSessions[session.id] = session
        emit("checkout.session.completed", session.json, cause)
    }

    /// The money was taken, or is held: held money is not paid before it is captured.
    mutating func checkoutPaid(_ intent: PaymentIntent, _ cause: Cause) {
        guard var session = checkout(of: intent) else { return }
        let isTaken = intent.status == .succeeded
        guard session.status == .complete else { return completeCheckout(session, isTaken ? .paid : .unpaid, cause) }
        session.paymentStatus = isTaken ? .paid : .unpaid
        checkoutSessions[session.id] = session
        emit("checkout.session.async_payment_succeeded", session.json, cause)
    }

    /// The buyer did their part and the money comes later.
    mutating func checkoutAwaits(_ intent: PaymentIntent, _ cause: Cause) {
        guard let session = checkout(of: intent), session.status == .open else { return }
        completeCheckout(session, .unpaid, cause)
    }

    /// The money will not come. A session that is still open may be tried again and tells nothing.
    mutating func checkoutFailed(_ intent: PaymentIntent, _ cause: Cause) {
        guard let session = checkout(of: intent), session.status == .complete else { return }
        emit("checkout.session.async_payment_failed", session.json, cause)
    }

    /// Held money was taken; there is no event for that.
    mutating func checkoutCaptured(_ intent: PaymentIntent) {
        guard var session = checkout(of: intent), session.status == .complete else { return }
        session.paymentStatus = .paid
        checkoutSessions[session.id] = session
    }

    /// Stripe lets a merchant end the session, not the intent within it.
    func requireNoOpenCheckout(_ intent: PaymentIntent) throws(StripeError) {
        guard let session = checkout(of: intent), session.status == .open else { return }
        throw intent.unexpectedState(
            "You cannot cancel this PaymentIntent because it belongs to a Checkout Session that is open. Expire the "
                + "Checkout Session instead.")
    }
}
