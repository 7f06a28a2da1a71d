import Database
import Kernel

/// A job that comes back: every `every`, counted from when the schedule was first seen, on one node at a time.
///
/// Ticks that were missed are not made up for, and a tick whose last job is not done yet makes no second one: it
/// brings a waiting retry forward instead.
public struct Schedule: Sendable {
    let name: String
    let every: Duration
    let startsAfter: Duration
    let kind: String
    let arguments: @Sendable () throws -> String

    /// A schedule by its stable name; `every` is at least a second. Its first tick comes `startsAfter` later than it is
    /// first seen, by default at once.
    public init<Arguments: JobArguments>(
        _ name: String, every: Duration, startsAfter: Duration = .zero, _ arguments: Arguments
    ) {
        self.name = name
        self.every = max(every, .seconds(1))
        self.startsAfter = max(startsAfter, .zero)
        kind = Arguments.kind
        self.arguments = { try JobCoding.encode(arguments, bytesMax: JobLimits.argumentsBytesMax) }
    }

    var subject: String { "schedule:\(name)" }
}

/// Moves the schedules' clocks: one conditional statement decides which node's tick it is.
struct JobScheduler: Sendable {
    let schedules: [Schedule]
    let queue: JobQueue

    func isDue(_ tx: Transaction, now: Timestamp) throws -> Bool {
        guard !schedules.isEmpty else { return false }
        let rows = try tx.rows("SELECT name, every_ms, next_run_at_ms FROM job_schedules")
        var stored: [String: (everyMs: Int64, nextRunAt: Timestamp)] = [:]
        for row in rows { stored[try row.text("name")] = (try row.int("every_ms"), try row.time("next_run_at_ms")) }
        return schedules.contains { schedule in
            guard let row = stored[schedule.name] else { return true }
            return row.nextRunAt <= now || row.everyMs != schedule.every.milliseconds
        }
    }

    func tick(_ tx: Transaction, now: Timestamp) throws {
        for schedule in schedules where try isTurn(of: schedule, tx, now: now) {
            let retry = try tx.execute(
                """
                UPDATE jobs SET run_at_ms = \(now)
                WHERE subject = \(schedule.subject) AND kind = \(schedule.kind) AND state = 'available'
                    AND run_at_ms > \(now)
                """)
            if retry > 0 { try tx.notify(JobQueue.channel) }
            let unfinished = try tx.rows(
                """
                SELECT id FROM jobs WHERE subject = \(schedule.subject) AND kind = \(schedule.kind)
                    AND state IN ('available', 'running') LIMIT 1
                """)
            guard unfinished.isEmpty else { continue }
            _ = try queue.enqueue(
                kind: schedule.kind, arguments: try schedule.arguments(), dedupeKey: nil, subject: schedule.subject,
                in: tx)
        }
    }

    /// Whether this transaction is the one that moved the schedule on. The next tick keeps the rhythm: it is the first
    /// multiple of the interval after now.
    private func isTurn(of schedule: Schedule, _ tx: Transaction, now: Timestamp) throws -> Bool {
        let everyMs = schedule.every.milliseconds
        let first = now.adding(schedule.startsAfter)
        try tx.send(
            """
            INSERT INTO job_schedules (name, every_ms, next_run_at_ms) VALUES (\(schedule.name), \(everyMs), \(first))
            ON CONFLICT (name) DO UPDATE SET every_ms = excluded.every_ms, next_run_at_ms = CASE
                WHEN job_schedules.next_run_at_ms > excluded.next_run_at_ms + excluded.every_ms
                THEN excluded.next_run_at_ms + excluded.every_ms ELSE job_schedules.next_run_at_ms END
                WHERE job_schedules.every_ms <> excluded.every_ms
            """)
        return try tx.execute(
            """
            UPDATE job_schedules
            SET next_run_at_ms = next_run_at_ms + ((\(now) - next_run_at_ms) / every_ms + 1) * every_ms
            WHERE name = \(schedule.name) AND next_run_at_ms <= \(now)
            """) == 1
    }
}
