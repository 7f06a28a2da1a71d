public import Kernel
public import StripeClient

/// Stripe as it is: the client, and the webhook secrets of this installation.
public struct StripeGateway: StripeService {
    let client: StripeClient
    private let verifier: StripeSignatureVerifier?
    private let clock: any WallClock

    /// `webhookSecrets` may be empty: then webhooks are refused, never taken unverified (law 13, S3-CONF-03).
    public init(client: StripeClient, webhookSecrets: [Secret], clock: any WallClock) {
        self.client = client
        let usable = webhookSecrets.filter { !$0.reveal().isEmpty }
        verifier = usable.isEmpty ? nil : StripeSignatureVerifier(secrets: usable)
        self.clock = clock
    }

    /// Whether the key is a live one.
    public var livemode: Bool { client.livemode }

    /// Creates a customer.
    public func createCustomer(
        _ parameters: CreateCustomer, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCustomer> {
        try await client.createCustomer(parameters, key: key)
    }

    /// Customers with this very address.
    public func customers(email: Redacted<String>) async throws(StripeError) -> [StripeCustomer] {
        try await client.listCustomers(email: email, page: StripePage(limit: 100)).value.data
    }

    /// Opens a payment intent.
    public func createPaymentIntent(
        _ parameters: CreatePaymentIntent, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        try await client.createPaymentIntent(parameters, key: key)
    }

    /// Reads a payment intent.
    public func retrievePaymentIntent(
        _ id: StripePaymentIntentID
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        try await client.retrievePaymentIntent(id)
    }

    /// Changes the amount of an unpaid intent.
    public func updateAmount(
        of id: StripePaymentIntentID, to amount: Money, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        try await client.updatePaymentIntent(id, UpdatePaymentIntent(amount: amount), key: key)
    }

    /// Cancels an unpaid intent.
    public func cancelPaymentIntent(
        _ id: StripePaymentIntentID, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent> {
        try await client.cancelPaymentIntent(id, reason: .requestedByCustomer, key: key)
    }

    /// The most pages of 100 that are read of one list. What lies beyond is not known, and so not "not made".
    private static let pagesMax = 10

    /// Reads a list to its end. Throws `.unavailable` when it is longer than ``pagesMax`` pages (laws 3 and 14).
    private func all<Element>(
        _ read: (StripePage<Element>) async throws(StripeError) -> StripeList<Element>
    ) async throws(StripeError) -> [Element] {
        var page: StripePage<Element>? = StripePage(limit: 100)
        var all: [Element] = []
        for _ in 0..<Self.pagesMax {
            guard let current = page else { return all }
            let list = try await read(current)
            all += list.data
            page = list.next(limit: 100)
        }
        guard page == nil else { throw .unavailable(.notSent) }
        return all
    }

    /// Every intent of a customer since `created`, newest first. Throws `.unavailable` when there are over 1,000.
    public func paymentIntents(
        ofCustomer customer: StripeCustomerID, since created: Timestamp
    ) async throws(StripeError) -> [StripePaymentIntent] {
        try await all { page throws(StripeError) in
            try await client.listPaymentIntents(customer: customer, created: StripeCreated(from: created), page: page)
                .value
        }
    }

    /// Opens a payment page.
    public func createCheckoutSession(
        _ session: CreateCheckoutSession, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCheckoutSession> {
        try await client.createCheckoutSession(session, key: key)
    }

    /// Reads a payment page, and its intent with it.
    public func retrieveCheckoutSession(
        _ id: StripeCheckoutSessionID
    ) async throws(StripeError) -> StripeCheckoutSession {
        try await client.retrieveCheckoutSession(id, expand: ["payment_intent"]).value
    }

    /// Closes an open payment page.
    public func expireCheckoutSession(
        _ id: StripeCheckoutSessionID, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCheckoutSession> {
        try await client.expireCheckoutSession(id, key: key)
    }

    /// Our payment page of an order, by looking through those of its time, 5,000 at most. One that somebody made by hand and
    /// that names the order is not ours.
    public func checkoutSession(
        ofOrder order: String, since submitted: Timestamp
    ) async throws(StripeError) -> StripeCheckoutSession? {
        // An hour of margin before: Stripe's clock and ours need not agree. Its keys live a day.
        let created = StripeCreated(
            from: submitted.adding(.seconds(-3600)), before: submitted.adding(.seconds(25 * 3600)))
        var page: StripePage<StripeCheckoutSession>? = StripePage(limit: 100)
        for _ in 0..<50 {
            guard let current = page else { return nil }
            let list = try await client.listCheckoutSessions(created: created, page: current).value
            if let found = list.data.first(where: { $0.metadata["order_id"] == order && $0.isOurs }) { return found }
            page = list.next(limit: 100)
        }
        guard page == nil else { throw .unavailable(.notSent) }
        return nil
    }

    /// Sends money back.
    public func createRefund(
        _ parameters: CreateRefund, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeRefund> {
        try await client.createRefund(parameters, key: key)
    }

    /// Every refund of an intent. Throws `.unavailable` when there are over 1,000.
    public func refunds(ofPaymentIntent id: StripePaymentIntentID) async throws(StripeError) -> [StripeRefund] {
        try await all { page throws(StripeError) in
            try await client.listRefunds(paymentIntent: id, page: page).value
        }
    }

    /// Reads a dispute.
    public func retrieveDispute(_ id: StripeDisputeID) async throws(StripeError) -> Answer<StripeDispute> {
        try await client.retrieveDispute(id)
    }

    /// Verifies the raw body, then reads the event.
    public func constructWebhookEvent(rawBody: [UInt8], signature: String?) throws(PaymentError) -> SignedEvent {
        guard let verifier else { throw .webhooksNotConfigured }
        do throws(StripeSignatureError) {
            try verifier.verify(header: signature, rawBody: rawBody, now: clock.now())
        } catch {
            throw .webhookSignature(error.reason)
        }
        return try SignedEvent(verified: rawBody)
    }
}

extension StripeSignatureError {
    /// What is wrong, for the caller; nothing that helps to forge one.
    fileprivate var reason: String {
        switch self {
        case .missingHeader: "is missing"
        case .tooOld, .tooNew: "is too old or too new"
        default: "is not valid"
        }
    }
}
