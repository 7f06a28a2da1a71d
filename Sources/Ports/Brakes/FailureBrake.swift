internal import Crypto
public import Database
public import Kernel

/// Slows down who guesses: after ``failuresMax`` failures of one subject within ``window`` every further try is refused
/// until the window ends. What exists and what does not is counted alike, so that the brake tells nothing.
///
/// The count is in the database, under a hash of the subject, and so holds for all nodes and over restarts. A refused
/// try does not lengthen it: a stranger can keep an owner out for the rest of a window, and must fail as often again for
/// the next. Tries that are under way when the brake comes on are still answered.
public struct FailureBrake: Sendable {
    /// How many failures are free.
    public let failuresMax: Int64
    /// From the first failure to the end of the count: 15 minutes.
    public static let window = Duration.seconds(15 * 60)
    /// How many counts one transaction of ``prune()`` deletes.
    static let pruneMax = 1_000

    private let name: String
    private let database: any Database
    private let clock: any WallClock

    /// A brake of its own name, such as `login`; the same subject under two names is counted twice.
    public init(_ name: String, failuresMax: Int64, database: any Database, clock: any WallClock) {
        self.name = name
        self.failuresMax = failuresMax
        self.database = database
        self.clock = clock
    }

    /// What is counted for a subject now.
    public struct Failures: Sendable {
        /// How many, since the count began.
        public let count: Int64
        /// Until the next try, at least 1; nil when it may be made now.
        public let retryAfterSeconds: Int64?
        /// Whether tries are refused now.
        public var isBraking: Bool { retryAfterSeconds != nil }
    }

    /// The failures of a subject.
    public func failures(of subject: Secret, in tx: Transaction) throws -> Failures {
        let now = clock.now()
        let row = try tx.row(
            """
            SELECT failures, ends_at_ms FROM failure_counts
            WHERE subject_hash = \(hash(of: subject)) AND ends_at_ms > \(now)
            """)
        guard let row else { return Failures(count: 0, retryAfterSeconds: nil) }
        let count = try row.int("failures")
        guard count >= failuresMax else { return Failures(count: count, retryAfterSeconds: nil) }
        let leftMs = try row.time("ends_at_ms").epochMs - now.epochMs
        return Failures(count: count, retryAfterSeconds: (leftMs + 999) / 1_000)
    }

    /// Counts a failure. Throws `DatabaseError`: what cannot be counted is not answered.
    public func count(_ subject: Secret) async throws {
        let now = clock.now()
        let end = now.adding(Self.window)
        let hash = hash(of: subject)
        try await database.write { tx in
            try tx.send(
                """
                INSERT INTO failure_counts (subject_hash, failures, ends_at_ms)
                VALUES (\(hash), 1, \(end))
                ON CONFLICT (subject_hash) DO UPDATE SET
                    failures = CASE WHEN failure_counts.ends_at_ms <= \(now) THEN 1
                        ELSE failure_counts.failures + 1 END,
                    ends_at_ms = CASE WHEN failure_counts.ends_at_ms <= \(now) THEN excluded.ends_at_ms
                        ELSE failure_counts.ends_at_ms END
                """)
        }
    }

    /// Forgets the failures of a subject: its owner is there.
    public func release(_ subject: Secret) async throws {
        try await database.write { try release(subject, in: $0) }
    }

    /// The same within a transaction.
    public func release(_ subject: Secret, in tx: Transaction) throws {
        try tx.send("DELETE FROM failure_counts WHERE subject_hash = \(hash(of: subject))")
    }

    /// Deletes the counts whose time is over, of all brakes. Harmless to repeat. Throws `DatabaseError`.
    public static func prune(_ database: any Database, at now: Timestamp) async throws {
        while true {
            let deleted = try await database.write { tx in
                try tx.execute(
                    """
                    DELETE FROM failure_counts WHERE subject_hash IN (
                        SELECT subject_hash FROM failure_counts WHERE ends_at_ms <= \(now)
                        ORDER BY ends_at_ms LIMIT \(pruneMax))
                    """)
            }
            if deleted < pruneMax { return }
        }
    }

    private func hash(of subject: Secret) -> String {
        Hex.encode(Digest.sha256(Array("\(name)\n\(subject.reveal())".utf8)))
    }
}
