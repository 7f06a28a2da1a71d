public import Database
private import DriverSupport
public import Kernel
private import Threads

/// PostgreSQL 15 or newer, for many nodes; also behind a pooler such as pgbouncer in its transaction mode.
///
/// A bounded pool of connections runs the closures in parallel, each in a transaction of its own, on threads of its
/// own. A write is in READ COMMITTED, a read on one snapshot. A deadlock or a serialization failure runs the closure
/// again. When the server goes away, what has not begun is tried once on a new connection, the rest fails with
/// `DatabaseError.unavailable` at once, and the first closure after the server's return finds it. A server that takes
/// packets and answers none is away after `PostgresLimits.silenceMs` and one try to reach its address, one that is a standby is
/// away at once.
public final class PostgresDatabase: Database {
    /// PostgreSQL.
    public let dialect = SQLDialect.postgresql
    private let pool: PostgresPool
    private let line: TransactionQueue
    private let waiters: ChannelWaiters
    private let listener: PostgresListener

    /// Reads the URL; connects when the first closure comes.
    ///
    /// - Parameters:
    ///   - url: `postgresql://user:password@host:port/database?sslmode=verify-full&…` with any of libpq's parameters.
    ///     What it says goes before `limits`. It is shown in no error.
    ///   - listenURL: where notifications are heard, when `url` leads to a pooler that does not bring them; nil for
    ///     `url`. Behind a pooler without it nothing is heard, and `wait` takes its time.
    ///   - connectionsMax: connections for closures, 1 to 256; one more hears notifications once `wait` was called.
    ///   - limits: times and sizes.
    ///   - clock: the time by which `wait` waits.
    ///   - log: hears when the server goes and comes back, and whether notifications are heard.
    /// - Throws: `DatabaseError.unavailable` when a URL cannot be read.
    public init(
        url: String, listenURL: String? = nil, connectionsMax: Int = 8, limits: PostgresLimits = PostgresLimits(),
        clock: any WallClock, log: Log? = nil
    ) throws {
        let target = Redacted(try PostgresTarget(url: url, limits: limits))
        let hearing = try listenURL.map { Redacted(try PostgresTarget(url: $0, limits: limits)) }
        let pool = PostgresPool(
            target, statementsMax: limits.statementsMax, waitMs: limits.connectionWaitMs, log: log)
        self.pool = pool
        let worker = PostgresWorker(pool: pool)
        line = TransactionQueue(
            waitingMax: limits.queueMax, workersMax: min(max(connectionsMax, 1), 256)
        ) { line in
            try OwnedThread.start(named: "postgres") { worker.serve(line) }
        }
        waiters = ChannelWaiters(clock: clock)
        listener = PostgresListener(hearing ?? target, mayBePooled: hearing != nil, waiters, log: log)
    }

    deinit {
        line.refuse()
        pool.close()
        waiters.refuse()
        listener.refuse()
    }

    /// Runs `body` in a transaction and returns once it is durable; when it throws, nothing of it stays.
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await line.perform(isWrite: true, body)
    }

    /// Runs `body` on one consistent snapshot that holds every write that had returned.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await line.perform(isWrite: false, body)
    }

    /// How busy the connections are now.
    public var lines: [DatabaseLine] { [line.standing(named: "all")] }

    /// Waits until a commit of any node notified `channel`, or `timeout` is over by the clock. One connection hears
    /// all channels; while it is away only the time counts.
    public func wait(forNotification channel: String, timeout: Duration) async throws {
        listener.listen(to: channel)
        try await waiters.wait(for: channel, timeout: timeout)
    }

    /// Finishes what runs, refuses what waits, and closes the connections. A second call does nothing.
    public func close() async {
        waiters.refuse()
        await listener.close()
        await line.close()
        pool.close()
    }
}
