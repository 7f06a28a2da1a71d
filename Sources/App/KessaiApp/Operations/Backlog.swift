internal import Database
internal import Kernel
internal import Metrics

/// What is left to do, in the database: by indices of what is unfinished, so that it costs the same however much is done.
struct Backlog: Sendable {
    private struct Waiting: Sendable {
        let kind: String
        let state: String
        let count: Int64
        let oldest: Timestamp
    }
    private let jobs: [Waiting]
    private let events: [Waiting]
    private let at: Timestamp

    /// Counts it. Throws `DatabaseError`.
    init(in tx: Transaction, at now: Timestamp) throws {
        at = now
        jobs = try tx.rows(
            """
            SELECT kind, state, COUNT(*) AS jobs, MIN(run_at_ms) AS oldest FROM jobs WHERE state = 'available'
            GROUP BY kind, state
            UNION ALL
            SELECT kind, state, COUNT(*), MIN(run_at_ms) FROM jobs WHERE state = 'running' GROUP BY kind, state
            UNION ALL
            SELECT kind, state, COUNT(*), MIN(run_at_ms) FROM jobs WHERE state = 'dead' GROUP BY kind, state
            ORDER BY kind, state
            """
        ).map { row in
            Waiting(
                kind: try row.text("kind"), state: try row.text("state"), count: try row.int("jobs"),
                oldest: try row.time("oldest"))
        }
        events = try tx.rows(
            """
            SELECT state, COUNT(*) AS events, MIN(received_at_ms) AS oldest FROM webhook_events
            WHERE state IN ('waiting', 'dead') GROUP BY state ORDER BY state
            """
        ).map { row in
            Waiting(
                kind: "", state: try row.text("state"), count: try row.int("events"),
                oldest: try row.time("oldest"))
        }
    }

    func write(to page: inout Exposition) {
        page.begin("kessai_jobs", .gauge, "Jobs that are not done, by kind and state; those that are not due yet, too.")
        for line in jobs { page.sample("kessai_jobs", ["kind": line.kind, "state": line.state], line.count) }
        page.begin(
            "kessai_jobs_lag_seconds", .gauge, "For how long the oldest job of a kind has been due; 0 when none is.")
        for line in jobs where line.state == "available" {
            page.sample("kessai_jobs_lag_seconds", ["kind": line.kind], milliseconds: lag(line))
        }
        page.begin("kessai_inbox_events", .gauge, "Stripe's events that are stored and not done with, by state.")
        for state in ["waiting", "dead"] {
            page.sample("kessai_inbox_events", ["state": state], events.first { $0.state == state }?.count ?? 0)
        }
        page.begin("kessai_inbox_lag_seconds", .gauge, "For how long the oldest event that waits has been there.")
        page.sample(
            "kessai_inbox_lag_seconds",
            milliseconds: events.first { $0.state == "waiting" }.map { lag($0) } ?? 0)
    }

    private func lag(_ line: Waiting) -> Int64 { max(0, at.since(line.oldest).milliseconds) }
}
