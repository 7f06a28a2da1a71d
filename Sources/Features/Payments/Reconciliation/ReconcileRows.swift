internal import Database
internal import Kernel
internal import StripeClient

/// The other way round: rows here whose object no list of the period had. Each is asked for at Stripe: made outside the
/// period, it is another run's; made inside, it is counted like the others; not there, the row stands alone.
///
/// A row belongs to the period by Stripe's time, and only when Stripe does not have it by ours: so every row belongs to
/// exactly one period, whenever it was recorded.
///
/// Cost of a page: two queries, a request for each row (two where a row does not name its charge), one transaction.
struct ReconcileRows: ReconciledObjects {
    let database: any Database
    let stripe: StripeGateway
    let subject: ReconciliationSubject
    var name: String { "\(subject.rawValue)_rows" }

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        let rows = try await database.read { [subject] tx in
            try ReconciliationComparison(tx: tx, run: run).unmatched(subject, after: cursor)
        }
        var page = ReconciledPage(count: rows.count, cursor: rows.count < SQL.pageSize ? nil : rows.last?.id)
        page.reached = rows.last?.recordedAt
        for row in rows {
            if let counted = try await counted(row, of: run) { page.counted.append(counted) }
        }
        return page
    }

    /// What the row counts as; nil when it is another period's.
    private func counted(_ row: UnmatchedRow, of run: ReconciliationRun) async throws -> CountedObject? {
        func alone(_ reason: String) -> CountedObject {
            CountedObject(
                subject: subject, side: .here, stripeID: row.objectID ?? row.paymentIntentID ?? row.id,
                paymentIntentID: row.paymentIntentID, moved: row.amount, created: row.recordedAt, reason: reason)
        }
        let found: CountedObject
        do throws(StripeError) {
            switch subject {
            case .charge:
                guard let charge = try await charge(of: row) else { return alone("without_charge") }
                guard run.period.contains(charge.created) else { return nil }
                guard charge.paymentIntent?.rawValue == row.paymentIntentID else { return alone("other_intent") }
                guard charge.isMoney else { return alone("not_collected") }
                found = charge.counted
            case .refund:
                let refund = try await stripe.refund(row.objectID ?? "")
                guard run.period.contains(refund.created) else { return nil }
                found = refund.counted
            }
        } catch {
            guard error.isResourceMissing else { throw error }
            return alone("missing_at_stripe")
        }
        return found
    }

    private func charge(of row: UnmatchedRow) async throws(StripeError) -> StripeCharge? {
        if let id = row.objectID { return try await stripe.charge(id) }
        guard let intent = row.paymentIntentID else { return nil }
        let latest = try await stripe.retrievePaymentIntent(StripePaymentIntentID(intent)).value.latestCharge
        guard let latest else { return nil }
        return try await stripe.charge(latest.rawValue)
    }
}

extension ReconciliationPeriod {
    fileprivate func contains(_ moment: Timestamp) -> Bool { since <= moment && moment < until }
}
