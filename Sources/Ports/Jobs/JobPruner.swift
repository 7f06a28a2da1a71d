import Database
import Kernel

/// Forgets what is done: jobs and sent messages past their retention, a batch at a time. Dead letters stay until an
/// operator acts; messages that were not sent stay too.
struct JobPruner: Sendable {
    static let batchMax = 1000

    let jobRetention: Duration
    let messageRetention: Duration

    func isDue(_ tx: Transaction, now: Timestamp) throws -> Bool {
        let jobs = try tx.rows(
            "SELECT 1 AS one FROM jobs WHERE state = 'done' AND finished_at_ms <= \(jobsBefore(now)) LIMIT 1")
        if !jobs.isEmpty { return true }
        return try !tx.rows("SELECT 1 AS one FROM outbox WHERE sent_at_ms <= \(messagesBefore(now)) LIMIT 1").isEmpty
    }

    func prune(_ tx: Transaction, now: Timestamp) throws {
        try tx.execute(
            """
            DELETE FROM jobs WHERE id IN (
                SELECT id FROM jobs WHERE state = 'done' AND finished_at_ms <= \(jobsBefore(now))
                ORDER BY finished_at_ms LIMIT \(Self.batchMax))
            """)
        try tx.execute(
            """
            DELETE FROM outbox WHERE id IN (
                SELECT id FROM outbox WHERE sent_at_ms <= \(messagesBefore(now))
                ORDER BY sent_at_ms LIMIT \(Self.batchMax))
            """)
    }

    private func jobsBefore(_ now: Timestamp) -> Timestamp { now.adding(.zero - jobRetention) }
    private func messagesBefore(_ now: Timestamp) -> Timestamp { now.adding(.zero - messageRetention) }
}
