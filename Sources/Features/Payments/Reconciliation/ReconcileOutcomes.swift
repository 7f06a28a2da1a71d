internal import Database
internal import Kernel

/// What is unknown or over here: the sweep's work (law 3).
///
/// Cost: the sweep's. What it could not finish lately it does not try again at once; its own schedule does.
struct ReconcileOutcomes: ReconciledObjects {
    let database: any Database
    let sweep: Sweep
    let clock: any WallClock
    let name = "outcomes"

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        if run.isDryRun { return try await look() }
        let report = try await sweep.run(cause: run.cause)
        var page = ReconciledPage(count: report.count, cursor: nil)
        page.tally.did(.outcomesResolved, Int64(report.finished))
        page.tally.did(.outcomesUnresolved, Int64(report.unfinished))
        return page
    }

    private func look() async throws -> ReconciledPage {
        let now = clock.now()
        let since = now.adding(.zero - Sweep.patience)
        let count = try await database.read { tx in
            try tx.row(
                """
                SELECT (SELECT COUNT(*) FROM payment_attempts WHERE state = 'submitted' AND submitted_at_ms <= \(since))
                    + (SELECT COUNT(*) FROM checkout_sessions
                        WHERE state = 'submitted' AND submitted_at_ms <= \(since))
                    + (SELECT COUNT(*) FROM refunds WHERE state = 'submitted' AND created_at_ms <= \(since))
                    + (SELECT COUNT(*) FROM orders WHERE status IN ('pending', 'awaiting_payment')
                        AND cancel_requested_at_ms IS NOT NULL AND cancel_requested_at_ms <= \(since))
                    + (SELECT COUNT(*) FROM orders WHERE status IN ('pending', 'awaiting_payment')
                        AND cancel_requested_at_ms IS NULL AND expires_at_ms <= \(now)) AS count
                """
            )?.int("count") ?? 0
        }
        var page = ReconciledPage(count: Int(count), cursor: nil)
        page.tally.did(.outcomesResolved, count)
        return page
    }
}
