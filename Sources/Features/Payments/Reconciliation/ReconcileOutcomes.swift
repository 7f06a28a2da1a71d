internal import Database
internal import Kernel

/// What is unknown or over here: the sweep's work, done until there is no more of it (law 3).
///
/// Cost of a page: four queries, and for each step a request or two and two transactions.
struct ReconcileOutcomes: ReconciledObjects {
    let database: any Database
    let sweep: Sweep
    let clock: any WallClock
    let name = "outcomes"

    /// The most rounds of the sweep; what is left then is the next run's.
    private static let roundsMax = 20

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        if run.isDryRun { return try await look() }
        let round = cursor.flatMap { Int($0) } ?? 1
        let report = try await sweep.run(cause: run.cause)
        let done = report.resolved + report.canceled
        let isMore = done > 0 && done + report.unresolved >= Sweep.batchMax && round < Self.roundsMax
        var page = ReconciledPage(count: done + report.unresolved, cursor: isMore ? String(round + 1) : nil)
        page.tally.did(.outcomesResolved, Int64(report.resolved))
        page.tally.did(.ordersCanceled, Int64(report.canceled))
        page.tally.did(.stepsUnfinished, Int64(report.unresolved))
        return page
    }

    private func look() async throws -> ReconciledPage {
        let now = clock.now()
        let since = now.adding(.zero - Sweep.patience)
        let limit = Sweep.batchMax * Self.roundsMax
        let found = try await database.read { tx in
            let orders = OrderRepository(tx: tx)
            return (
                unknown: try AttemptRepository(tx: tx).unresolved(since: since, limit: limit).count
                    + RefundRepository(tx: tx).unresolved(since: since, limit: limit).count,
                over: try orders.canceling(since: since, limit: limit).count
                    + orders.expired(at: now, limit: limit).count
            )
        }
        var page = ReconciledPage(count: found.unknown + found.over, cursor: nil)
        page.tally.did(.outcomesResolved, Int64(found.unknown))
        page.tally.did(.ordersCanceled, Int64(found.over))
        return page
    }
}
