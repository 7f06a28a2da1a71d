internal import Database
public import Kernel

/// Another run holds the lease, or took it from this one.
public struct ReconciliationUnderWay: Error, Equatable {
    /// Until when it is held at most, if nobody renews it.
    public let until: Timestamp?

    /// Held until then; nil where that is not known.
    public init(until: Timestamp?) { self.until = until }
}

/// The runs in the database, within a transaction. At most one is running, which the schema holds too: it renews its
/// lease with every page, and whoever finds the lease over marks it interrupted and begins anew.
struct ReconciliationRunRepository {
    let tx: Transaction

    /// How long a run may go without a sign of life.
    static let lease = Duration.seconds(300)
    /// How long ended runs are kept.
    private static let kept = Duration.seconds(90 * 86_400)

    /// Begins a run. Throws `ReconciliationUnderWay` while another one runs.
    func begin(_ run: ReconciliationRun) throws {
        let now = run.startedAt
        try tx.send(
            """
            UPDATE reconciliation_runs SET state = 'interrupted', ended_at_ms = \(now)
            WHERE state = 'running' AND locked_until_ms <= \(now)
            """)
        try tx.send(
            """
            DELETE FROM reconciliation_runs
            WHERE state <> 'running' AND started_at_ms < \(now.adding(.zero - Self.kept))
            """)
        let begun = try tx.execute(
            """
            INSERT INTO reconciliation_runs (id, state, since_ms, until_ms, phase, objects, started_at_ms,
                locked_until_ms)
            VALUES (\(run.id), 'running', \(run.period.since), \(run.period.until), 'begun', 0, \(now),
                \(now.adding(Self.lease)))
            ON CONFLICT (state) WHERE state = 'running' DO NOTHING
            """)
        guard begun == 1 else {
            throw ReconciliationUnderWay(
                until: try tx.row("SELECT locked_until_ms FROM reconciliation_runs WHERE state = 'running'")?
                    .time("locked_until_ms"))
        }
    }

    /// A sign of life, and how far the run is. Throws `ReconciliationUnderWay` when it has lost its lease.
    func renew(_ id: String, phase: String, cursor: String?, objects: Int64, at now: Timestamp) throws {
        let held = try tx.execute(
            """
            UPDATE reconciliation_runs SET phase = \(phase), cursor_id = \(cursor), objects = \(objects),
                locked_until_ms = \(now.adding(Self.lease))
            WHERE id = \(id) AND state = 'running'
            """)
        guard held == 1 else { throw ReconciliationUnderWay(until: nil) }
    }

    /// The run is over. Returns whether it was still running.
    @discardableResult
    func end(_ id: String, finished: Bool, at now: Timestamp) throws -> Bool {
        try tx.execute(
            """
            UPDATE reconciliation_runs SET state = \(finished ? "finished" : "interrupted"), ended_at_ms = \(now)
            WHERE id = \(id) AND state = 'running'
            """) == 1
    }

    /// Keeps a finished run's statement, as its JSON.
    func append(_ statement: ReconciliationStatement, body: String) throws {
        try tx.send(
            """
            INSERT INTO reconciliation_statements (id, since_ms, until_ms, balanced, body, created_at_ms)
            VALUES (\(statement.id), \(statement.period.since), \(statement.period.until), \(statement.isBalanced),
                \(body), \(statement.finishedAt))
            """)
    }

    /// The latest statements as their JSON, newest first.
    func statements(limit: Int) throws -> [String] {
        try tx.rows("SELECT body FROM reconciliation_statements ORDER BY created_at_ms DESC, id DESC LIMIT \(limit)")
            .map { try $0.text("body") }
    }
}
