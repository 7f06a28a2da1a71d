/// How long things may take and how much may be kept on PostgreSQL (law 14). What the URL's `options` set is left as
/// the URL has it.
public struct PostgresLimits: Sendable, Equatable {
    /// A statement's longest time in milliseconds (`statement_timeout`), 30,000 by default; 0 is without end.
    public var statementTimeoutMs: Int
    /// The longest wait for a lock in milliseconds (`lock_timeout`), 10,000 by default; 0 is without end.
    public var lockTimeoutMs: Int
    /// How long a transaction may do nothing, in milliseconds (`idle_in_transaction_session_timeout`), 60,000 by
    /// default; 0 is without end.
    public var idleInTransactionTimeoutMs: Int
    /// How long opening a connection may take for each host, in seconds, 5 by default and at least 2.
    public var connectTimeoutSeconds: Int
    /// How long the server may be silent in milliseconds, 5,000 by default, before it is taken to be away: at once where
    /// the answer costs it nothing (the end of a read), and where it may be at work, when nobody answers at its address
    /// either.
    public var silenceMs: Int
    /// How long a commit may take in milliseconds, 10,000 by default, before its outcome is unknown. A commit waits for a
    /// synchronous replica without end, and no `statement_timeout` is over it.
    public var commitTimeoutMs: Int
    /// How long a closure that has no connection of its own waits for another's while the server gives no more, in
    /// milliseconds, 5,000 by default.
    public var connectionWaitMs: Int
    /// How many closures may wait before `DatabaseError.overloaded`, 10,000 by default.
    public var queueMax: Int
    /// Prepared statements kept by each connection at most, 256 by default.
    public var statementsMax: Int

    /// The defaults, and what differs from them.
    public init(
        statementTimeoutMs: Int = 30_000, lockTimeoutMs: Int = 10_000, idleInTransactionTimeoutMs: Int = 60_000,
        connectTimeoutSeconds: Int = 5, silenceMs: Int = 5_000, commitTimeoutMs: Int = 10_000,
        connectionWaitMs: Int = 5_000, queueMax: Int = 10_000, statementsMax: Int = 256
    ) {
        self.statementTimeoutMs = statementTimeoutMs
        self.lockTimeoutMs = lockTimeoutMs
        self.idleInTransactionTimeoutMs = idleInTransactionTimeoutMs
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.silenceMs = max(silenceMs, 1)
        self.commitTimeoutMs = max(commitTimeoutMs, 1)
        self.connectionWaitMs = connectionWaitMs
        self.queueMax = queueMax
        self.statementsMax = statementsMax
    }
}
