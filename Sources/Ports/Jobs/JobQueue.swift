public import Database
public import Kernel

/// Takes jobs, in the caller's transaction: a job exists exactly when what asked for it does. That is the whole idea
/// of the outbox.
public struct JobQueue: Sendable {
    /// The channel that a commit with a due job notifies.
    static let channel = "kessai_jobs"

    private let clock: any WallClock
    private let ids: IDGenerator

    /// A queue by this clock and with ids of this generator.
    public init(clock: any WallClock, ids: IDGenerator) {
        self.clock = clock
        self.ids = ids
    }

    /// Puts a job in line: at once, or from `runAt` on.
    ///
    /// With a `dedupeKey` it is put in line once: while a job with that key exists, whatever its state, nothing is
    /// done and nil returned. A done job is forgotten, and its key free, 7 days after. `subject` is what the job is
    /// about, such as an order's id, for the life story of an order. Throws `JobsError` for what cannot be stored.
    @discardableResult
    public func enqueue<Arguments: JobArguments>(
        _ arguments: Arguments, runAt: Timestamp? = nil, dedupeKey: String? = nil, subject: String? = nil,
        in tx: Transaction
    ) throws -> ID<Job>? {
        let text = try JobCoding.encode(arguments, bytesMax: JobLimits.argumentsBytesMax)
        return try enqueue(
            kind: Arguments.kind, arguments: text, runAt: runAt, dedupeKey: dedupeKey, subject: subject, in: tx)
    }

    /// Whether a job with that key was there and has ended, well or not; false when there is none.
    public func isOver(dedupeKey: String, in tx: Transaction) throws -> Bool {
        try tx.row("SELECT 1 AS one FROM jobs WHERE dedupe_key = \(dedupeKey) AND state IN ('done', 'dead')") != nil
    }

    func enqueue(
        kind: String, arguments: String, runAt: Timestamp? = nil, dedupeKey: String? = nil, subject: String?,
        in tx: Transaction
    ) throws -> ID<Job>? {
        try JobCoding.requireName(kind)
        try JobCoding.requireName(dedupeKey)
        try JobCoding.requireName(subject)
        let id = ids.next(Job.self)
        let now = clock.now()
        // With a key it is often there, without one never: nobody waits for what it is known to do.
        if dedupeKey == nil {
            try tx.send(
                """
                INSERT INTO jobs (id, kind, arguments, subject, state, attempt, fence, created_at_ms, run_at_ms)
                VALUES (\(id), \(kind), \(arguments), \(subject), 'available', 0, 0, \(now), \(runAt ?? now))
                """)
        } else {
            let inserted = try tx.execute(
                """
                INSERT INTO jobs (id, kind, arguments, subject, dedupe_key, state, attempt, fence, created_at_ms, run_at_ms)
                VALUES (\(id), \(kind), \(arguments), \(subject), \(dedupeKey), 'available', 0, 0, \(now), \(runAt ?? now))
                ON CONFLICT (dedupe_key) DO NOTHING
                """)
            guard inserted > 0 else { return nil }
        }
        if (runAt ?? now) <= now { try tx.notify(Self.channel) }
        return id
    }
}
