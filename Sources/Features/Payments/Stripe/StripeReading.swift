internal import Kernel
internal import StripeClient

/// Reading Stripe's lists, a page of 100 at a time, newest first: for reconciliation. One request each.
extension StripeGateway {
    /// Events of these types (at most 20), as webhooks would have brought them; Stripe keeps them for 30 days.
    func events(
        of types: [String], in period: ReconciliationPeriod, after cursor: String?
    ) async throws(StripeError) -> StripeList<StripeListedEvent> {
        try await client.listEventsWithPayload(types: types, created: period.created, page: page(cursor)).value
    }

    /// Charges, whatever became of them.
    func charges(
        in period: ReconciliationPeriod, after cursor: String?
    ) async throws(StripeError) -> StripeList<StripeCharge> {
        try await client.listCharges(created: period.created, page: page(cursor)).value
    }

    /// A charge.
    func charge(_ id: String) async throws(StripeError) -> StripeCharge {
        try await client.retrieveCharge(StripeChargeID(id)).value
    }

    /// Refunds, with their intents.
    func refunds(
        in period: ReconciliationPeriod, after cursor: String?
    ) async throws(StripeError) -> StripeList<StripeRefund> {
        try await client.listRefunds(
            created: period.created, expand: ["data.payment_intent"], page: page(cursor)
        ).value
    }

    /// A refund.
    func refund(_ id: String) async throws(StripeError) -> StripeRefund {
        try await client.retrieveRefund(StripeRefundID(id)).value
    }

    /// Disputes, with their intents.
    func disputes(
        in period: ReconciliationPeriod, after cursor: String?
    ) async throws(StripeError) -> StripeList<StripeDispute> {
        try await client.listDisputes(
            created: period.created, expand: ["data.payment_intent"], page: page(cursor)
        ).value
    }

    /// Payment intents, open or not.
    func paymentIntents(
        in period: ReconciliationPeriod, after cursor: String?
    ) async throws(StripeError) -> StripeList<StripePaymentIntent> {
        try await client.listPaymentIntents(created: period.created, page: page(cursor)).value
    }

    /// Payment pages of a period, newest first.
    func checkoutSessions(
        in period: ReconciliationPeriod, after cursor: String?
    ) async throws(StripeError) -> StripeList<StripeCheckoutSession> {
        try await client.listCheckoutSessions(created: period.created, page: page(cursor)).value
    }

    private func page<Element>(_ cursor: String?) -> StripePage<Element> {
        StripePage(limit: 100, startingAfter: cursor.map { StripeID($0) })
    }
}

extension ReconciliationPeriod {
    fileprivate var created: StripeCreated { StripeCreated(from: since, before: until) }
}
