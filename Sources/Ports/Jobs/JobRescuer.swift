import Database
import Kernel

/// Takes back the jobs of workers that vanished: whose lease has run out. It counts as an attempt, so that a job that
/// kills its worker does not live for ever. Leaves kinds alone that this node does not know.
struct JobRescuer: Sendable {
    static let batchMax = 100

    let definitions: [String: JobDefinition]
    let random: any RandomSource
    let log: Log

    func isDue(_ tx: Transaction, now: Timestamp) throws -> Bool {
        try !lost(tx, now: now, columns: "1 AS one", tail: "LIMIT 1").isEmpty
    }

    /// The kinds stand in the statement: those that only a newer node knows would otherwise fill every batch for ever.
    private func lost(_ tx: Transaction, now: Timestamp, columns: String, tail: String) throws -> [Row] {
        let kinds = definitions.keys.sorted()
        guard !kinds.isEmpty else { return [] }
        let list = kinds.indices.map { "$\($0 + 2)" }.joined(separator: ", ")
        return try tx.rows(
            SQL(
                unsafe: """
                    SELECT \(columns) FROM jobs
                    WHERE state = 'running' AND locked_until_ms <= $1 AND kind IN (\(list)) \(tail)
                    """, values: [now.sqlValue] + kinds.map(\.sqlValue)))
    }

    /// Returns what was rescued; a repetition of the transaction logs nothing twice, because logging is the caller's.
    func rescue(_ tx: Transaction, now: Timestamp) throws -> [(job: ClaimedJob, verdict: JobVerdict)] {
        let rows = try lost(
            tx, now: now, columns: "id, kind, subject, attempt, fence, run_at_ms, locked_by, locked_until_ms",
            tail: "ORDER BY locked_until_ms, id LIMIT \(Self.batchMax)\(tx.forUpdateSkipLocked)")
        var rescued: [(job: ClaimedJob, verdict: JobVerdict)] = []
        for row in rows {
            let job = ClaimedJob(
                id: try row.id("id"), kind: try row.text("kind"), arguments: "", subject: try row.textOrNil("subject"),
                attempt: Int(try row.int("attempt")), fence: try row.int("fence"), runAt: try row.time("run_at_ms"),
                worker: try row.text("locked_by"), lockedUntil: try row.time("locked_until_ms"))
            guard let definition = definitions[job.kind] else { continue }
            let verdict = JobVerdict.of(.workerLost, attempt: job.attempt, policy: definition.policy, random: random)
            if try verdict.write(job, now: now, in: JobRepository(tx: tx)) { rescued.append((job, verdict)) }
        }
        return rescued
    }

    func log(_ rescued: [(job: ClaimedJob, verdict: JobVerdict)]) {
        for (job, verdict) in rescued {
            let log = log.with([
                "job_id": .string(job.id.rawValue), "kind": .string(job.kind), "attempt": .int(Int64(job.attempt)),
            ])
            log.warning("job_rescued", ["worker": .string(job.worker)])
            verdict.log(to: log)
        }
    }
}
