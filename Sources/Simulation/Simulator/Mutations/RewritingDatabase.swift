internal import Database

/// What a planted bug makes of a statement.
enum Rewriting: Sendable {
    /// Leaves it.
    case kept
    /// Another text, with the same values.
    case text(String)
    /// Does nothing, and says that so many rows were changed.
    case skipped(changedRows: Int)
    /// Finds nothing.
    case empty
    /// Does it in a transaction of its own, after this one.
    case later
    /// Fails.
    case failed(DatabaseError)
}

/// A database under which statements are not what the application wrote.
struct RewritingDatabase: Database {
    let inner: any Database
    let rewrite: @Sendable (String) -> Rewriting

    var dialect: SQLDialect { inner.dialect }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        let (result, later) = try await inner.write { [rewrite] tx -> (Result, [SQL]) in
            let session = RewritingSession(tx, rewrite)
            let outer = Transaction(dialect: tx.dialect, session: session)
            let result = try body(outer)
            if let failure = outer.failure { throw failure }
            return (result, session.later)
        }
        if !later.isEmpty {
            try await inner.write { tx in
                for sql in later { try tx.execute(sql) }
                return ()
            }
        }
        return result
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await inner.read { [rewrite] tx in
            try body(Transaction(dialect: tx.dialect, session: RewritingSession(tx, rewrite)))
        }
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async { await inner.close() }

    /// Whether a statement makes a savepoint, or ends one.
    static func isOfSavepoints(_ text: String) -> Bool {
        text.hasPrefix("SAVEPOINT") || text.hasPrefix("RELEASE") || text.hasPrefix("ROLLBACK")
    }
}

private final class RewritingSession: SQLSession {
    private let tx: Transaction
    private let rewrite: @Sendable (String) -> Rewriting
    private(set) var later: [SQL] = []

    init(_ tx: Transaction, _ rewrite: @escaping @Sendable (String) -> Rewriting) {
        self.tx = tx
        self.rewrite = rewrite
    }

    func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
        switch rewrite(sql.text) {
        case .kept: return try perform(sql, rowsMax)
        case .text(let text): return try perform(SQL(unsafe: text, values: sql.values), rowsMax)
        case .skipped(let changedRows): return SQLResult(rows: [], changedRows: changedRows)
        case .empty: return SQLResult(rows: [], changedRows: 0)
        case .failed(let error): throw error
        case .later:
            later.append(sql)
            return SQLResult(rows: [], changedRows: 1)
        }
    }

    func notify(_ channel: String) throws { try tx.notify(channel) }

    private func perform(_ sql: SQL, _ rowsMax: Int) throws -> SQLResult {
        let words = sql.text.drop { $0 == " " || $0 == "\n" }
        if RewritingDatabase.isOfSavepoints(sql.text) {
            return SQLResult(rows: [], changedRows: try tx.execute(sql))
        }
        if words.hasPrefix("SELECT") {
            return SQLResult(rows: try tx.rows(sql, rowsMax: rowsMax), changedRows: 0)
        }
        // Alone in a savepoint, so that a failure does not end the transaction under the caller's own savepoints.
        return try tx.savepoint {
            guard sql.text.contains("RETURNING") else { return SQLResult(rows: [], changedRows: try tx.execute(sql)) }
            let rows = try tx.rows(sql, rowsMax: rowsMax)
            return SQLResult(rows: rows, changedRows: rows.count)
        }
    }
}
