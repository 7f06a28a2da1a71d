internal import Database
internal import Identity
internal import JSON
internal import Kernel
internal import StripeClient

/// Opens the payment of an order (S3-FLOW-01): checks, writes the attempt, asks Stripe outside any transaction, and
/// writes the outcome. A crash between any two of these steps is healed by repeating the request or by the sweep.
struct IntentService: Sendable {
    let database: any Database
    let stripe: any StripeService
    let customers: CustomerDirectory
    let settlement: Settlement
    let history: OrderHistory
    let installation: Installation
    let clock: any WallClock
    let log: Log

    /// What the buyer's client needs to confirm the payment with Stripe.
    struct Opened: Sendable {
        let paymentIntentID: String
        let clientSecret: Secret
        let amount: Money
    }

    /// Opens, or finds, the one payable intent of the principal's order. A repeat returns the same intent.
    /// `claimed` is what the client says the amount is: it decides nothing, and a difference is logged (law 1).
    func open(
        _ reference: OrderReference, by principal: Principal, claimed: Int64?, cause: Cause
    ) async throws -> Opened {
        let (order, knownCustomer) = try await database.read { tx in
            (
                try OrderRepository(tx: tx).find(reference),
                try CustomerRepository(tx: tx).known(userID: principal.userID)
            )
        }
        guard let order else { throw PaymentError.orderNotFound }
        guard order.userID == principal.userID else { throw PaymentError.permissionDenied("この注文の決済を行う") }
        try Self.requirePayable(order)
        if let claimed, claimed != order.total.amountMinor {
            log.warning(
                "swap_attempt",
                [
                    "request_id": .string(cause.id), "order_id": .string(order.id.rawValue), "claimed": .int(claimed),
                    "amount": .int(order.total.amountMinor),
                ])
        }
        let customer: String
        if let knownCustomer {
            customer = knownCustomer
        } else {
            customer = try await customers.customer(of: principal.userID)
        }
        do {
            return try await open(order.id, customer: customer, cause: cause)
        } catch PaymentError.paymentIntentCreation(code: Self.customerMissing, repeatable: false) {
            // Deleted in Stripe's dashboard, perhaps: the refused attempt is over, and a new customer begins a new one.
            try await customers.forget(customer, of: principal.userID)
            let fresh = try await customers.customer(of: principal.userID)
            return try await open(order.id, customer: fresh, cause: cause)
        }
    }

    private static let customerMissing = "customer_missing"

    /// Resolves whatever is unknown of an order's attempt; used by the sweep and before a cancellation.
    /// Returns the intent, or nil when there is none and Stripe refused to make one.
    func resolve(_ id: OrderID, cause: Cause) async throws -> String? {
        let found = try await database.read { tx in
            (try OrderRepository(tx: tx).find(.id(id)), try AttemptRepository(tx: tx).current(of: id))
        }
        guard let order = found.0, let attempt = found.1 else { return nil }
        if attempt.state == .opened { return attempt.paymentIntentID }
        do {
            let intent = try await create(attempt, of: order, customer: order.stripeCustomerID, cause: cause)
            return intent.id.rawValue
        } catch PaymentError.paymentIntentCreation(_, repeatable: false) {
            return nil
        }
    }

    private static func requirePayable(_ order: Order) throws {
        if order.status.isPaid { throw PaymentError.paymentAlreadyProcessed }
        guard order.isPayable else { throw PaymentError.orderNotPending(order.status) }
    }

    private func open(_ id: OrderID, customer: String, cause: Cause) async throws -> Opened {
        // Twice: an intent that turns out to be canceled at Stripe makes room for one new attempt.
        for _ in 0..<2 {
            let (order, attempt) = try await begin(id, customer: customer, cause: cause)
            let intent: StripePaymentIntent
            if let known = attempt.paymentIntentID {
                intent = try await reread(known, of: order, attempt: attempt, cause: cause)
            } else {
                intent = try await create(attempt, of: order, customer: order.stripeCustomerID, cause: cause)
            }
            switch intent.status {
            case .canceled: try await close(intent, of: order, cause: cause)
            case .succeeded:
                let status = try await settle(intent, of: order, cause: cause)
                // Money that does not fit is recorded and flagged, and does not pay (law 7).
                throw status.isPaid ? PaymentError.paymentAlreadyProcessed : PaymentError.orderNotPending(status)
            default:
                guard let secret = intent.clientSecret else {
                    throw PaymentError.paymentIntentCreation(code: "no_client_secret", repeatable: true)
                }
                return Opened(paymentIntentID: intent.id.rawValue, clientSecret: secret, amount: order.total)
            }
        }
        throw PaymentError.paymentIntentCreation(code: "intent_canceled", repeatable: true)
    }

    /// The transaction before the call: the attempt is on disk before Stripe hears of it.
    private func begin(_ id: OrderID, customer: String, cause: Cause) async throws -> (Order, PaymentAttempt) {
        let now = clock.now()
        return try await database.write { [history] tx in
            let orders = OrderRepository(tx: tx)
            let attempts = AttemptRepository(tx: tx)
            guard var order = try orders.lock(.id(id)) else { throw PaymentError.orderNotFound }
            try Self.requirePayable(order)
            if let current = try attempts.current(of: id) { return (order, current) }
            let stored = order
            order.attempt += 1
            order.stripeCustomerID = customer
            order.status = .pending
            order.stripePaymentIntentID = nil
            let attempt = try attempts.insert(order: id, attempt: order.attempt, amount: order.total, at: now)
            try orders.update(order, from: stored)
            try history.append(
                "intent_submitted", of: id, cause: cause,
                ["attempt": .int(attempt.attempt), "idempotency_key": .string(attempt.idempotencyKey)], in: tx)
            return (order, attempt)
        }
    }

    /// The call, by the attempt's own key; after the key's life only when reading found nothing (law 3).
    private func create(
        _ attempt: PaymentAttempt, of order: Order, customer: String?, cause: Cause
    ) async throws -> StripePaymentIntent {
        let answer: (intent: StripePaymentIntent, requestID: String?)
        do throws(StripeError) {
            answer = try await createOrFind(attempt, of: order, customer: customer)
        } catch {
            try await refuse(error, attempt: attempt, of: order, cause: cause)
            throw PaymentError.paymentIntentCreation(
                code: error.isCustomerMissing ? Self.customerMissing : error.code, repeatable: !error.isFinalRefusal)
        }
        try await attach(answer.intent, requestID: answer.requestID, attempt: attempt, cause: cause)
        return answer.intent
    }

    private func createOrFind(
        _ attempt: PaymentAttempt, of order: Order, customer: String?
    ) async throws(StripeError) -> (intent: StripePaymentIntent, requestID: String?) {
        let age = clock.now().since(attempt.submittedAt)
        if age > StripeKeys.lifetime, let found = try await find(attempt, of: order, customer: customer) {
            return (found, nil)
        }
        do throws(StripeError) {
            let created = try await stripe.createPaymentIntent(
                CreatePaymentIntent(
                    amount: attempt.amount, customer: customer.map { StripeCustomerID($0) },
                    metadata: [
                        "order_id": order.id.rawValue, "order_number": String(order.number),
                        "attempt": String(attempt.attempt), Installation.mark: installation.id,
                    ]),
                key: try StripeKeys.key(attempt.idempotencyKey))
            return (created.value, created.requestID)
        } catch  where error.isSettledByReading {
            // Stripe will say so for as long as it keeps the key. What it made can be read; when it made nothing, the
            // attempt is over.
            if let found = try await find(attempt, of: order, customer: customer) { return (found, nil) }
            throw error.asOver
        }
    }

    /// The attempt's intent at Stripe, by reading the customer's intents of that time.
    private func find(
        _ attempt: PaymentAttempt, of order: Order, customer: String?
    ) async throws(StripeError) -> StripePaymentIntent? {
        guard let customer else { return nil }
        // An hour of margin: Stripe's clock and ours need not agree.
        let since = attempt.submittedAt.adding(.seconds(-3600))
        let intents: [StripePaymentIntent]
        do throws(StripeError) {
            intents = try await stripe.paymentIntents(ofCustomer: StripeCustomerID(customer), since: since)
        } catch {
            throw error.asReading
        }
        return intents.first {
            $0.metadata["order_id"] == order.id.rawValue && $0.metadata["attempt"] == String(attempt.attempt)
        }
    }

    /// The transaction after the call. The order may have been paid or canceled meanwhile: then only the attempt is
    /// resolved, and whoever canceled goes on from there.
    private func attach(
        _ intent: StripePaymentIntent, requestID: String?, attempt: PaymentAttempt, cause: Cause
    ) async throws {
        let now = clock.now()
        let mismatch = try await database.write(loggingTo: log) { [history, settlement] tx, notes -> Bool in
            let orders = OrderRepository(tx: tx)
            guard var order = try orders.lock(.id(attempt.orderID)) else { throw PaymentError.orderNotFound }
            try AttemptRepository(tx: tx).opened(
                order: order.id, attempt: attempt.attempt, paymentIntent: intent.id.rawValue, requestID: requestID,
                at: now)
            try history.append(
                "intent_opened", of: order.id, cause: cause,
                [
                    "attempt": .int(attempt.attempt), "payment_intent": .string(intent.id.rawValue),
                    "stripe_request": JSONValue(requestID),
                ], in: tx)
            guard order.status.isOpen else {
                if order.stripePaymentIntentID != intent.id.rawValue {
                    try CancelIntent.enqueue(intent.id.rawValue, of: order.id, on: settlement.queue, in: tx)
                }
                return false
            }
            if let kind = OrderLifecycle.mismatch(intent.claimedFacts, with: order) {
                try settlement.flag(kind, intent.claimedFacts, of: order, cause: cause, in: tx, notes: notes)
                try settlement.quarantine(&order, in: tx)
                return true
            }
            let stored = order
            order.stripePaymentIntentID = intent.id.rawValue
            order.status = .awaitingPayment
            try orders.update(order, from: stored)
            return false
        }
        guard mismatch else { return }
        throw PaymentError.orderNotPending(.needsReview)
    }

    private func refuse(_ error: StripeError, attempt: PaymentAttempt, of order: Order, cause: Cause) async throws {
        let now = clock.now()
        try await database.write { [history] tx in
            guard try OrderRepository(tx: tx).lock(.id(order.id)) != nil else { return }
            if error.isFinalRefusal {
                try AttemptRepository(tx: tx).refused(
                    order: order.id, attempt: attempt.attempt, code: error.code, at: now)
            }
            // The sweep asks every minute; only what it changes belongs into the story.
            guard error.isFinalRefusal || cause.kind != .job else { return }
            try history.append(
                error.isFinalRefusal ? "intent_refused" : "intent_outcome_unknown", of: order.id, cause: cause,
                [
                    "attempt": .int(attempt.attempt), "code": .string(error.code),
                    "stripe_request": JSONValue(error.requestID),
                ], in: tx)
        }
    }

    private func close(_ intent: StripePaymentIntent, of order: Order, cause: Cause) async throws {
        try await database.write { [history] tx in
            let orders = OrderRepository(tx: tx)
            guard var order = try orders.lock(.id(order.id)) else { return }
            try AttemptRepository(tx: tx).closed(order: order.id, paymentIntent: intent.id.rawValue)
            guard order.status == .awaitingPayment else { return }
            let stored = order
            order.status = .pending
            order.stripePaymentIntentID = nil
            try orders.update(order, from: stored)
            try history.append(
                "intent_canceled", of: order.id, cause: cause, ["payment_intent": .string(intent.id.rawValue)], in: tx)
        }
    }

    /// Law 3: reading the object back resolves what the event has not told yet. Returns the order's status then.
    private func settle(_ intent: StripePaymentIntent, of order: Order, cause: Cause) async throws -> OrderStatus {
        try await database.write(loggingTo: log) { [settlement] tx, notes in
            let orders = OrderRepository(tx: tx)
            guard let order = try orders.lock(.id(order.id)) else { throw PaymentError.orderNotFound }
            _ = try settlement.apply(intent.succeededFacts, to: order, cause: cause, in: tx, notes: notes)
            return try orders.find(.id(order.id))?.status ?? order.status
        }
    }
}
