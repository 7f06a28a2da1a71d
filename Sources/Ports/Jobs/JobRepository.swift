import Database
import Kernel

/// The statements of a job's life that a worker makes.
///
/// The claim is one statement. Every statement about a claimed job is fenced: it changes nothing unless the job is
/// still running under this very claim, and says whether it did.
struct JobRepository {
    let tx: Transaction

    /// Takes up to `limit` due jobs of these kinds, the longest due first; other kinds are left alone, because a newer
    /// node knows them.
    func claim(kinds: [String], limit: Int, worker: String, now: Timestamp, lockedUntil: Timestamp) throws
        -> [ClaimedJob]
    {
        guard !kinds.isEmpty, limit > 0 else { return [] }
        // Kind by kind, so that a long line of one kind is not walked by who looks for the others.
        let due = kinds.indices.map { index in
            """
            SELECT id, run_at_ms FROM (
                SELECT id, run_at_ms FROM jobs
                WHERE state = 'available' AND kind = $\(index + 5) AND run_at_ms <= $1
                ORDER BY run_at_ms, id LIMIT $2\(tx.forUpdateSkipLocked)) AS due_\(index)
            """
        }.joined(separator: " UNION ALL ")
        // MATERIALIZED: an inlined subquery may be run again for each row and then claims more than its limit.
        let text = """
            WITH due AS MATERIALIZED (SELECT id FROM (\(due)) AS due ORDER BY run_at_ms, id LIMIT $2)
            UPDATE jobs SET state = 'running', attempt = attempt + 1, fence = fence + 1,
                locked_by = $3, locked_until_ms = $4
            WHERE id IN (SELECT id FROM due)
            RETURNING id, kind, arguments, subject, attempt, fence, run_at_ms
            """
        let fixed: [SQLValue] = [now.sqlValue, limit.sqlValue, worker.sqlValue, lockedUntil.sqlValue]
        return try tx.rows(SQL(unsafe: text, values: fixed + kinds.map(\.sqlValue)))
            .map { row in
                ClaimedJob(
                    id: try row.id("id"), kind: try row.text("kind"), arguments: try row.text("arguments"),
                    subject: try row.textOrNil("subject"), attempt: Int(try row.int("attempt")),
                    fence: try row.int("fence"), runAt: try row.time("run_at_ms"), worker: worker,
                    lockedUntil: lockedUntil)
            }
            .sorted { ($0.runAt, $0.id.rawValue) < ($1.runAt, $1.id.rawValue) }
    }

    /// Whether there is a job to claim.
    func isDue(kinds: [String], now: Timestamp) throws -> Bool {
        guard !kinds.isEmpty else { return false }
        let text = """
            SELECT 1 AS one FROM jobs
            WHERE state = 'available' AND run_at_ms <= $1 AND kind IN (\(Self.parameters(for: kinds, from: 2))) LIMIT 1
            """
        return try !tx.rows(SQL(unsafe: text, values: [now.sqlValue] + kinds.map(\.sqlValue))).isEmpty
    }

    private static func parameters(for kinds: [String], from first: Int) -> String {
        kinds.indices.map { "$\($0 + first)" }.joined(separator: ", ")
    }

    /// Keeps the lease of a job that still runs.
    func renew(_ job: ClaimedJob, until lockedUntil: Timestamp) throws -> Bool {
        try tx.execute(
            """
            UPDATE jobs SET locked_until_ms = \(lockedUntil)
            WHERE id = \(job.id) AND state = 'running' AND locked_by = \(job.worker) AND fence = \(job.fence)
            """) == 1
    }

    func finish(_ job: ClaimedJob, at now: Timestamp) throws -> Bool {
        try tx.execute(
            """
            UPDATE jobs SET state = 'done', finished_at_ms = \(now), locked_by = NULL, locked_until_ms = NULL
            WHERE id = \(job.id) AND state = 'running' AND locked_by = \(job.worker) AND fence = \(job.fence)
            """) == 1
    }

    func retry(_ job: ClaimedJob, at runAt: Timestamp, error: String) throws -> Bool {
        try tx.execute(
            """
            UPDATE jobs SET state = 'available', run_at_ms = \(runAt), last_error = \(error),
                locked_by = NULL, locked_until_ms = NULL
            WHERE id = \(job.id) AND state = 'running' AND locked_by = \(job.worker) AND fence = \(job.fence)
            """) == 1
    }

    /// Puts the job back without counting the attempt: it was snoozed, or its worker stops.
    func putBack(_ job: ClaimedJob, runAt: Timestamp) throws -> Bool {
        try tx.execute(
            """
            UPDATE jobs SET state = 'available', run_at_ms = \(runAt), attempt = attempt - 1,
                locked_by = NULL, locked_until_ms = NULL
            WHERE id = \(job.id) AND state = 'running' AND locked_by = \(job.worker) AND fence = \(job.fence)
            """) == 1
    }

    func bury(_ job: ClaimedJob, at now: Timestamp, error: String) throws -> Bool {
        try tx.execute(
            """
            UPDATE jobs SET state = 'dead', finished_at_ms = \(now), last_error = \(error),
                locked_by = NULL, locked_until_ms = NULL
            WHERE id = \(job.id) AND state = 'running' AND locked_by = \(job.worker) AND fence = \(job.fence)
            """) == 1
    }
}
