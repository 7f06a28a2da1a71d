public import Database
private import Synchronization

/// A database that keeps the text of every statement of its reads.
public final class CountingDatabase: Database {
    private let inner: any Database
    private let texts = Mutex<[String]>([])

    /// Works as `inner` does.
    public init(_ inner: any Database) { self.inner = inner }

    /// The statements of all reads so far, in the order in which they ran.
    public var statements: [String] { texts.withLock { $0 } }

    /// Forgets what was read so far.
    public func forget() { texts.withLock { $0 = [] } }

    /// The engine.
    public var dialect: SQLDialect { inner.dialect }

    /// Writes are not counted.
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await inner.write(body)
    }

    /// Runs `body`, and keeps what it asks.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await inner.read { tx in
            let counted = Transaction(dialect: tx.dialect, session: Session(tx, self))
            let result = try body(counted)
            if let failure = counted.failure { throw failure }
            return result
        }
    }

    /// Waits as the inner one does.
    public func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    /// The inner one is closed by whoever opened it.
    public func close() async {}

    private final class Session: SQLSession {
        private let tx: Transaction
        private let database: CountingDatabase

        init(_ tx: Transaction, _ database: CountingDatabase) {
            self.tx = tx
            self.database = database
        }

        func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
            database.texts.withLock { $0.append(sql.text) }
            return SQLResult(rows: try tx.rows(sql, rowsMax: rowsMax), changedRows: 0)
        }

        func notify(_ channel: String) throws { try tx.notify(channel) }
    }
}
