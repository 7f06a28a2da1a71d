internal import Database
internal import Kernel
internal import StripeClient

/// Refunds, of whatever state. One of ours that is not known here, or further on than here, is applied; when its
/// payment is missing too, that is recorded first.
///
/// Cost of a page: one request, two queries and one transaction; for each refund with news a transaction more, and
/// for a missing payment a request and a transaction.
struct ReconcileRefunds: ReconciledObjects {
    let database: any Database
    let stripe: StripeGateway
    let owner: ReconciliationOwner
    let healing: ReconciliationHealing
    let name = "refunds"

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        let list = try await stripe.refunds(in: run.period, after: cursor)
        var page = ReconciledPage(list)
        page.reached = list.data.last?.created
        let ids = list.data.map(\.id.rawValue)
        let intents = list.data.compactMap(\.paymentIntent?.rawValue)
        let (known, paid) = try await database.read { tx in
            (try RefundRepository(tx: tx).states(ids), try PaymentRepository(tx: tx).recorded(intents))
        }
        for refund in list.data {
            let state = known[refund.id.rawValue]
            let isPaid = refund.paymentIntent.map { paid.contains($0.rawValue) } ?? false
            let isOurs = if state != nil || isPaid { true } else { try await self.isOurs(refund) }
            guard isOurs else {
                page.tally.passed("refund", refund.counted.moved)
                continue
            }
            var counted = refund.counted
            if (state?.finality ?? -1) < Refund.State(refund.status).finality {
                counted.reason =
                    run.isDryRun ? "not_applied_yet" : try await heal(refund, isPaid: isPaid, run, &page.tally)
                if run.isDryRun || counted.reason == nil { page.tally.did(.refundsApplied) }
            }
            page.counted.append(counted)
        }
        return page
    }

    private func isOurs(_ refund: StripeRefund) async throws -> Bool {
        guard let intent = refund.expandedPaymentIntent, intent.invoice == nil else { return false }
        return try await owner.isOurs(intent.metadata)
    }

    private func heal(
        _ refund: StripeRefund, isPaid: Bool, _ run: ReconciliationRun, _ tally: inout ReconciliationTally
    ) async throws -> String? {
        guard let intent = refund.paymentIntent else { return "without_intent" }
        if !isPaid {
            if let reason = try await healing.record(intent, cause: run.cause) { return reason }
            tally.did(.chargesRecorded)
        }
        return try await healing.apply(refund, of: intent, cause: run.cause)
    }
}

extension StripeRefund {
    /// What the statement counts: the money that has gone.
    var counted: CountedObject {
        CountedObject(
            subject: .refund, stripeID: id.rawValue, paymentIntentID: paymentIntent?.rawValue,
            moved: Refund.State(status) == .succeeded ? amount : .zero(amount.currency), created: created)
    }
}

extension RefundRepository {
    /// The states of those of these refunds of Stripe's that are known; at most 100.
    fileprivate func states(_ ids: [String]) throws -> [String: Refund.State] {
        guard !ids.isEmpty else { return [:] }
        var states: [String: Refund.State] = [:]
        for row in try tx.rows(
            .among("SELECT stripe_refund_id, state FROM refunds WHERE stripe_refund_id IN", ids))
        {
            states[try row.text("stripe_refund_id")] = Refund.State(rawValue: try row.text("state"))
        }
        return states
    }
}
