public import Database
public import Kernel

/// What an operator sees of the jobs, and may do.
public struct JobAdministration: Sendable {
    private let database: any Database
    private let clock: any WallClock

    /// How many jobs of a kind stand in a state.
    public struct Count: Sendable, Equatable {
        /// The kind.
        public let kind: String
        /// The state.
        public let state: Job.State
        /// How many.
        public let count: Int
        /// The earliest time one of them was to run: how far behind the workers are.
        public let oldestRunAt: Timestamp
    }

    /// The jobs of this database.
    public init(database: any Database, clock: any WallClock) {
        self.database = database
        self.clock = clock
    }

    /// Jobs in a state, the newest first; at most `limit`, which is at most 1000.
    public func list(state: Job.State, limit: Int = 100) async throws -> [Job] {
        try await database.read { tx in
            // The state stands in the text, so that its partial index can be used.
            try tx.rows(
                """
                SELECT \(unsafe: Self.columns) FROM jobs WHERE state = '\(unsafe: state.rawValue)'
                ORDER BY id DESC LIMIT \(Self.bounded(limit))
                """
            ).map(Self.job)
        }
    }

    /// The dead letters, of a kind where one is named, the newest first; those older than the job `before` where it is
    /// given. At most `limit`, which is at most 1000.
    public func deadLetters(kind: String? = nil, before: ID<Job>? = nil, limit: Int = 100) async throws -> [Job] {
        var conditions = ["state = 'dead'"]
        var values: [SQLValue] = []
        if let kind {
            values.append(.text(kind))
            conditions.append("kind = $\(values.count)")
        }
        if let before {
            values.append(.text(before.rawValue))
            conditions.append("id < $\(values.count)")
        }
        values.append(.int(Int64(Self.bounded(limit))))
        let statement = SQL(
            unsafe: """
                SELECT \(Self.columns) FROM jobs WHERE \(conditions.joined(separator: " AND "))
                ORDER BY id DESC LIMIT $\(values.count)
                """, values: values)
        return try await database.read { tx in try tx.rows(statement).map(Self.job) }
    }

    /// The jobs about something, in the order they were made: a part of an order's life story. At most 1000, and
    /// only those that are not pruned yet.
    public func jobs(subject: String) async throws -> [Job] {
        try await database.read { tx in
            try tx.rows(
                """
                SELECT \(unsafe: Self.columns) FROM jobs WHERE subject = \(subject)
                ORDER BY created_at_ms, id LIMIT \(Self.bounded(.max))
                """
            ).map(Self.job)
        }
    }

    /// How many jobs wait, run and are dead, by kind; done ones are not counted, because all of them would be read.
    public func counts() async throws -> [Count] {
        try await database.read { tx in
            try [Job.State.available, .running, .dead].flatMap { state in
                try tx.rows(
                    """
                    SELECT kind, CAST(COUNT(*) AS BIGINT) AS jobs, MIN(run_at_ms) AS oldest_ms FROM jobs
                    WHERE state = '\(unsafe: state.rawValue)' GROUP BY kind ORDER BY kind
                    """
                ).map { row in
                    Count(
                        kind: try row.text("kind"), state: state, count: Int(try row.int("jobs")),
                        oldestRunAt: try row.time("oldest_ms"))
                }
            }
        }
    }

    /// Puts a dead letter back in line with all its attempts before it. Throws `JobsError.jobNotFound` and
    /// `.jobNotDead`; a second replay therefore throws.
    public func replay(_ id: ID<Job>) async throws {
        let now = clock.now()
        try await database.write { tx in
            let replayed = try tx.execute(
                """
                UPDATE jobs SET state = 'available', attempt = 0, run_at_ms = \(now), finished_at_ms = NULL
                WHERE id = \(id) AND state = 'dead'
                """)
            if replayed == 0 {
                throw try tx.row("SELECT id FROM jobs WHERE id = \(id)") == nil
                    ? JobsError.jobNotFound : JobsError.jobNotDead
            }
            try tx.notify(JobQueue.channel)
        }
    }

    /// Puts every dead letter of a kind back in line, as `replay` does. Returns how many.
    @discardableResult
    public func replayAll(_ kind: String) async throws -> Int {
        let now = clock.now()
        return try await database.write { tx in
            let replayed = try tx.execute(
                """
                UPDATE jobs SET state = 'available', attempt = 0, run_at_ms = \(now), finished_at_ms = NULL
                WHERE kind = \(kind) AND state = 'dead'
                """)
            if replayed > 0 { try tx.notify(JobQueue.channel) }
            return replayed
        }
    }

    private static let columns =
        "id, kind, state, subject, attempt, created_at_ms, run_at_ms, finished_at_ms, locked_until_ms, last_error"

    private static func bounded(_ limit: Int) -> Int { min(max(limit, 1), 1000) }

    private static func job(_ row: Row) throws -> Job {
        guard let state = Job.State(rawValue: try row.text("state")) else {
            throw DatabaseError.unexpectedColumn("state")
        }
        return Job(
            id: try row.id("id"), kind: try row.text("kind"), state: state, subject: try row.textOrNil("subject"),
            attempt: Int(try row.int("attempt")), createdAt: try row.time("created_at_ms"),
            runAt: try row.time("run_at_ms"), finishedAt: try row.timeOrNil("finished_at_ms"),
            lockedUntil: try row.timeOrNil("locked_until_ms"), lastError: try row.textOrNil("last_error"))
    }
}
