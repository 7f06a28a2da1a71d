/// A transaction, for as long as the closure that got it runs. It cannot leave the closure's thread.
///
/// A closure may run more than once (after a collision or a failed group commit), so it must not have effects beside
/// the database.
public final class Transaction {
    /// The engine, where a statement must differ.
    public let dialect: SQLDialect
    private let session: any SQLSession
    private var savepoints = 0

    /// A transaction that a driver has begun.
    public init(dialect: SQLDialect, session: any SQLSession) {
        self.dialect = dialect
        self.session = session
    }

    /// Runs a statement; returns how many rows it changed.
    @discardableResult
    public func execute(_ sql: SQL) throws -> Int { try session.run(sql).changedRows }

    /// The rows of a statement, of which there may be at most `rowsMax`; more throw.
    public func rows(_ sql: SQL, rowsMax: Int = 10_000) throws -> [Row] {
        let rows = try session.run(sql).rows
        guard rows.count <= rowsMax else { throw DatabaseError.unexpectedRowCount(rows.count) }
        return rows
    }

    /// The only row of a statement, or nil when there is none. More than one throws.
    public func row(_ sql: SQL) throws -> Row? {
        let rows = try session.run(sql).rows
        guard rows.count <= 1 else { throw DatabaseError.unexpectedRowCount(rows.count) }
        return rows.first
    }

    /// Runs `body` so that its changes vanish when it throws, and the rest of the transaction goes on.
    public func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        savepoints += 1
        let name = "kessai_\(savepoints)"
        try execute(SQL(unsafe: "SAVEPOINT \(name)"))
        do {
            let result = try body()
            try execute(SQL(unsafe: "RELEASE SAVEPOINT \(name)"))
            return result
        } catch {
            try execute(SQL(unsafe: "ROLLBACK TO SAVEPOINT \(name)"))
            try execute(SQL(unsafe: "RELEASE SAVEPOINT \(name)"))
            throw error
        }
    }

    /// ` FOR UPDATE` where rows must be locked to be read and then written; nothing where the writer is alone.
    public var forUpdate: String { dialect == .postgresql ? " FOR UPDATE" : "" }

    /// ` FOR UPDATE SKIP LOCKED` for claiming work; nothing where the writer is alone.
    public var forUpdateSkipLocked: String { dialect == .postgresql ? " FOR UPDATE SKIP LOCKED" : "" }
}

/// Which SQL an engine speaks.
public enum SQLDialect: String, Sendable, Hashable, CaseIterable {
    /// SQLite 3.40.
    case sqlite
    /// PostgreSQL 15.
    case postgresql
}

/// A connection inside a transaction; what a driver implements.
public protocol SQLSession: AnyObject {
    /// Runs one statement.
    func run(_ sql: SQL) throws -> SQLResult
}

/// What a statement did.
public struct SQLResult: Sendable {
    /// The rows it returned.
    public let rows: [Row]
    /// How many rows it changed.
    public let changedRows: Int

    /// A statement's outcome.
    public init(rows: [Row], changedRows: Int) {
        self.rows = rows
        self.changedRows = changedRows
    }
}
