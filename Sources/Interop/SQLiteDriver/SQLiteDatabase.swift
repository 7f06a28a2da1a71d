public import Database
private import DriverSupport
public import Kernel
private import Threads

/// SQLite in this process: a file that one process writes, or memory.
///
/// One thread writes. It takes all closures that wait, runs each in a savepoint and commits them together once, and
/// only then resumes the callers, so that what is answered is durable (`synchronous=FULL`). A closure may therefore
/// see what another has not yet committed, and neither's answer leaves before both are on the disk. Reads run on
/// threads of their own, each on the snapshot of its own connection.
public final class SQLiteDatabase: Database {
    /// Where the rows are.
    public enum Location: Sendable, Equatable {
        /// A file, made with mode 0600 (and its folder with 0700) where it is missing.
        case file(path: String)
        /// Memory of this process, gone with the object.
        case memory
    }

    /// Which thread runs the closures.
    public enum Execution: Sendable, Equatable {
        /// Owned threads; the caller's is never blocked.
        case threads
        /// The caller's own, one closure after the other and each with its own commit: for the deterministic
        /// simulator and for unit tests.
        case inline
    }

    /// How much was done, for benchmarks: many closures share a commit.
    public struct Statistics: Sendable, Equatable {
        /// Commits of write transactions since the database was opened.
        public let commits: Int
        /// Writing closures whose changes these commits made durable.
        public let closures: Int
        /// Closures that wait for the writer now.
        public let waiting: Int
    }

    /// SQLite.
    public let dialect = SQLDialect.sqlite
    private let writer: SQLiteWriter
    private let readers: SQLiteReaders?
    private let line: TransactionQueue?
    private let inlineLock = Monitor(false)
    private let waiters: ChannelWaiters

    /// Opens, and makes what is missing.
    ///
    /// - Parameters:
    ///   - location: where the rows are.
    ///   - execution: which thread runs the closures.
    ///   - readers: how many connections read at the same time, 1 to 64; in memory and inline there is one connection
    ///     for all.
    ///   - queueMax: how many closures may wait to write, and how many to read, before `DatabaseError.overloaded`.
    ///   - copiesLog: whether the write-ahead log is copied into the file from here. One process alone should: of two that
    ///     did at the same moment, SQLite before 3.51.3 could lose what was committed in between
    ///     (sqlite.org/wal.html#walresetbug). Who writes without it leaves its rows in the log, which whoever closes the file
    ///     last copies.
    ///   - busyTimeoutMs: how long a lock of another process is waited for before `DatabaseError.unavailable`.
    ///   - clock: the time by which `wait` waits.
    /// - Throws: `DatabaseError.unavailable` when the file cannot be opened as a database.
    public init(
        at location: Location, execution: Execution = .threads, readers: Int = 4, queueMax: Int = 10_000,
        copiesLog: Bool = true, busyTimeoutMs: Int = 5_000, clock: any WallClock
    ) throws {
        let waiters = ChannelWaiters(clock: clock)
        self.waiters = waiters
        let settings = SQLiteConnection.Settings(location: location, busyTimeoutMs: busyTimeoutMs)
        let writer = SQLiteWriter(
            try SQLiteConnection(settings, role: copiesLog ? .writer : .guest), waiters)
        self.writer = writer
        guard execution == .threads else {
            line = nil
            self.readers = nil
            return
        }
        line = TransactionQueue(waitingMax: queueMax, workersMax: 1) { line in
            try OwnedThread.start(named: "sqlite-write") { writer.serve(line) }
        }
        self.readers =
            location == .memory
            ? nil : try SQLiteReaders(settings, count: min(max(readers, 1), 64), waitingMax: queueMax)
    }

    deinit {
        line?.refuse()
        readers?.refuse()
        waiters.refuse()
    }

    /// Memory that is there, inline.
    init(inlineOn connection: SQLiteConnection, clock: any WallClock) {
        waiters = ChannelWaiters(clock: clock)
        writer = SQLiteWriter(connection, waiters)
        line = nil
        readers = nil
    }

    /// Runs `body` on the connection of a database that is inline, when nobody else uses it.
    func withConnection<Result>(_ body: (SQLiteConnection) throws -> Result) rethrows -> Result {
        try inlineLock.withLock { _ in try body(writer.connection) }
    }

    /// Nobody may use the database any more; its connection stays open for another.
    func letGo() -> SQLiteConnection {
        waiters.refuse()
        return inlineLock.withLock { isClosed in
            isClosed = true
            return writer.connection
        }
    }

    /// How much was done so far.
    public var statistics: Statistics {
        Statistics(commits: writer.commitCount, closures: writer.closureCount, waiting: line?.waitingCount ?? 0)
    }

    /// Runs `body` in a transaction and returns once it is durable; when it throws, nothing of it stays.
    @discardableResult
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        if let line { return try await line.perform(isWrite: true, body) }
        return try inlineLock.withLock { isClosed in
            if isClosed { throw DatabaseError.closed }
            return try writer.write(body)
        }
    }

    /// Runs `body` on one consistent snapshot that holds every write that had returned.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        if let readers { return try await readers.perform(body) }
        if let line { return try await line.perform(isWrite: false, body) }
        try Task.checkCancellation()
        return try inlineLock.withLock { isClosed in
            if isClosed { throw DatabaseError.closed }
            return try writer.read(body)
        }
    }

    /// Waits until a commit of this process notified `channel`, or `timeout` is over by the clock.
    public func wait(forNotification channel: String, timeout: Duration) async throws {
        try await waiters.wait(for: channel, timeout: timeout)
    }

    /// How busy the writer and the readers are now.
    public var lines: [DatabaseLine] {
        [line?.standing(named: readers == nil ? "all" : "write"), readers?.standing].compactMap { $0 }
    }

    /// Finishes what runs, refuses what waits, and closes the connections. A second call does nothing.
    public func close() async {
        waiters.refuse()
        readers?.refuse()
        await line?.close()
        await readers?.close()
        inlineLock.withLock { isClosed in
            // A connection that was let go is another's by now.
            if isClosed { return }
            isClosed = true
            readers?.closeConnections()
            // Last, so that it folds the log into the file.
            writer.close()
        }
    }
}
