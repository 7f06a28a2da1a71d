internal import Database
internal import Kernel
internal import StripeClient

/// Disputes of the period and of ninety days before it, since they take long to end. One of ours whose state or money
/// differs here is applied. They are not of the statement, but of the books.
///
/// Cost of a page: one request, two queries and one transaction; for each dispute with news a transaction more.
struct ReconcileDisputes: ReconciledObjects {
    let database: any Database
    let stripe: StripeGateway
    let owner: ReconciliationOwner
    let healing: ReconciliationHealing
    let name = "disputes"

    /// How long a dispute may last that is still read.
    private static let duration = Duration.seconds(90 * 86_400)

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        let longer = ReconciliationPeriod(
            since: run.period.since.adding(.zero - Self.duration), until: run.period.until)
        let list = try await stripe.disputes(in: longer ?? run.period, after: cursor)
        var page = ReconciledPage(list)
        page.reached = list.data.last?.created
        let ids = list.data.map(\.id.rawValue)
        let intents = list.data.compactMap(\.paymentIntent?.rawValue)
        let (known, paid) = try await database.read { tx in
            (try DisputeRepository(tx: tx).words(ids), try PaymentRepository(tx: tx).recorded(intents))
        }
        for dispute in list.data {
            let isPaid = dispute.paymentIntent.map { paid.contains($0.rawValue) } ?? false
            let isOurs = if isPaid { true } else { try await self.isOurs(dispute) }
            guard let intent = dispute.paymentIntent, isOurs else {
                page.tally.passed("dispute", dispute.amount)
                continue
            }
            guard !dispute.words.isSubset(of: known[dispute.id.rawValue] ?? []) else { continue }
            if !run.isDryRun, let reason = try await heal(dispute, of: intent, isPaid: isPaid, run, &page.tally) {
                page.findings.append(
                    ReconciliationFinding(
                        subject: "dispute", kind: reason, stripeID: dispute.id.rawValue, orderID: nil,
                        amount: dispute.amount, at: dispute.created))
                continue
            }
            page.tally.did(.disputesApplied)
        }
        return page
    }

    private func heal(
        _ dispute: StripeDispute, of intent: StripePaymentIntentID, isPaid: Bool, _ run: ReconciliationRun,
        _ tally: inout ReconciliationTally
    ) async throws -> String? {
        if !isPaid {
            if let reason = try await healing.record(intent, cause: run.cause) { return reason }
            tally.did(.chargesRecorded)
        }
        return try await healing.apply(dispute, of: intent, cause: run.cause)
    }

    private func isOurs(_ dispute: StripeDispute) async throws -> Bool {
        guard let intent = dispute.expandedPaymentIntent, intent.invoice == nil else { return false }
        return try await owner.isOurs(intent.metadata)
    }
}

extension StripeDispute {
    /// What must be known of it here: its status, and what was booked.
    fileprivate var words: Set<String> {
        var words: Set = [status.word]
        if isWithdrawn { words.insert(JournalEntryKind.disputeWithdrawal.rawValue) }
        if isReinstated { words.insert(JournalEntryKind.disputeReinstatement.rawValue) }
        return words
    }
}

extension DisputeRepository {
    /// What is known of these disputes: the status, and the kinds of what was booked; at most 100 disputes.
    fileprivate func words(_ ids: [String]) throws -> [String: Set<String>] {
        guard !ids.isEmpty else { return [:] }
        var words: [String: Set<String>] = [:]
        let rows =
            try tx.rows(
                .among(
                    "SELECT stripe_dispute_id AS id, status AS word FROM disputes WHERE stripe_dispute_id IN", ids))
            + tx.rows(
                .among(
                    """
                    SELECT source_id AS id, kind AS word FROM journal_entries
                    WHERE kind IN ('dispute_withdrawal', 'dispute_reinstatement') AND source_id IN
                    """, ids))
        for row in rows { words[try row.text("id"), default: []].insert(try row.text("word")) }
        return words
    }
}
