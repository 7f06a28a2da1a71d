internal import Database
internal import Kernel

extension Reconciliation {
    /// How far back every scheduled run looks.
    static let overlap = Duration.seconds(48 * 3600)
    /// How far back a scheduled run looks at most: Stripe keeps events for 30 days. What is older is for a person to
    /// ask for by its dates.
    static let reach = Duration.seconds(30 * 86_400)

    /// What a run at `now` has to look at: the last 48 hours, and before them what no finished run has covered since
    /// the first order, or for 30 days. One reading transaction of two queries. Throws `DatabaseError`.
    func duePeriod(at now: Timestamp) async throws -> ReconciliationPeriod? {
        let oldest = now.adding(.zero - Self.reach)
        let covered = try await database.read { tx -> Timestamp in
            // Ids of orders begin with their time.
            guard let first = try tx.row("SELECT created_at_ms FROM orders ORDER BY id LIMIT 1") else { return now }
            return try ReconciliationRunRepository(tx: tx)
                .coveredUntil(from: max(oldest, try first.time("created_at_ms")))
        }
        return ReconciliationPeriod(
            since: max(oldest, min(covered, now).adding(.zero - Self.overlap)), until: now.adding(.milliseconds(1)))
    }
}

extension ReconciliationRunRepository {
    /// The moment up to which finished runs have looked at everything from `start` on. Reads the runs since then: one
    /// an hour.
    func coveredUntil(from start: Timestamp) throws -> Timestamp {
        let runs = try tx.rows(
            """
            SELECT since_ms, until_ms FROM reconciliation_runs WHERE state = 'finished' AND until_ms > \(start)
            ORDER BY since_ms LIMIT \(Self.runsReadMax)
            """)
        var covered = start
        for run in runs {
            guard try run.time("since_ms") <= covered else { break }
            covered = max(covered, try run.time("until_ms"))
        }
        return covered
    }

    /// The hours of 30 days, and many runs by hand. Where there are more, the period is only longer than it need be.
    private static let runsReadMax = 10_000
}
