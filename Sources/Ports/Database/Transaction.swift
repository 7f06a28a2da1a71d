/// A transaction, for as long as the closure that got it runs. It cannot leave the closure's thread.
///
/// A closure may run more than once (after a collision or a failed group commit), so it must not have effects beside
/// the database.
public final class Transaction {
    /// The engine, where a statement must differ.
    public let dialect: SQLDialect
    private let session: any SQLSession
    private let savepoints: Savepoints
    private var savepointDepth = 0
    /// How many statements ran that are not plain reads, notifications among them.
    private var writes = 0

    /// The first error of a statement that no savepoint has undone. After it every statement throws it again and the
    /// transaction does not commit, also when the closure goes on: PostgreSQL does so, and on SQLite it is the same.
    public private(set) var failure: (any Error)?

    /// The channels that `notify` was called with and no savepoint has undone, for the driver to wake their waiters.
    public private(set) var notifiedChannels: [String] = []

    /// Whether a savepoint that was not made had to be undone: the driver rolls back, and runs the closure again with
    /// ``Savepoints/made``.
    public private(set) var needsSavepoints = false

    /// How savepoints are made. Two statements each, and on SQLite a copy of every page that is changed within: too much
    /// for what is hardly ever undone.
    public enum Savepoints: Sendable {
        /// By the database, when they are asked for. Every statement is waited for.
        case made
        /// Not at all. Where one would have to be undone, and something was written in it, ``Transaction/needsSavepoints``
        /// says so, and every further statement throws `DatabaseError.conflict`. What is sent (``Transaction/send(_:)``)
        /// need not be waited for; when it fails the driver does as if a savepoint had to be undone.
        case presumed
    }

    /// The most rows that a statement gives when nothing else is said.
    public static let rowsMaxDefault = 10_000

    /// A transaction that a driver has begun.
    public init(dialect: SQLDialect, session: any SQLSession, savepoints: Savepoints = .made) {
        self.dialect = dialect
        self.session = session
        self.savepoints = savepoints
    }

    /// Runs a statement; returns how many rows it changed.
    @discardableResult
    public func execute(_ sql: SQL) throws -> Int { try run(sql, rowsMax: Self.rowsMaxDefault).changedRows }

    /// Runs a statement whose outcome is that of the whole transaction: nobody asks how many rows it changed, or goes on
    /// when it fails. A driver may hand it over together with the next statement that is waited for, or with the commit:
    /// on PostgreSQL one way there and back for all of them. Statements run in the order of their calls in any case.
    ///
    /// An error of a statement that was not waited for is not thrown here: the driver gives the closure's run up, as it
    /// does for a savepoint that would have to be undone, and in the next run each statement is waited for. What would fail
    /// again (a lock that was waited for too long, a full disk) is the transaction's error at once.
    public func send(_ sql: SQL) throws {
        guard savepoints == .presumed else {
            try execute(sql)
            return
        }
        try counted(sql) { try session.send(sql) }
    }

    /// Runs an `INSERT` of one row, unless there is one with its value of `target`, columns with a unique index; says
    /// whether it did. For what is hardly ever there: on PostgreSQL it is presumed not to be, and sent as ``send(_:)`` does.
    ///
    /// `insertion` says nothing of conflicts itself. Never from input.
    public func inserts(_ insertion: SQL, unless target: String) throws -> Bool {
        // A count that is read after the commit was sent would come too late; the server's refusal does not.
        if dialect == .postgresql, savepoints == .presumed {
            do { try send(insertion) } catch DatabaseError.uniqueViolation {
                needsSavepoints = true
                throw failed(DatabaseError.conflict)
            }
            return true
        }
        return try execute(insertion.followed(by: " ON CONFLICT (\(target)) DO NOTHING")) == 1
    }

    /// The rows of a statement, of which there may be at most `rowsMax`; more throw.
    public func rows(_ sql: SQL, rowsMax: Int = rowsMaxDefault) throws -> [Row] { try run(sql, rowsMax: rowsMax).rows }

    /// The only row of a statement, or nil when there is none. More than one throws.
    public func row(_ sql: SQL) throws -> Row? { try run(sql, rowsMax: 1).rows.first }

    /// Wakes whoever waits for `channel` (`Database.wait`) once this transaction has committed, if this process lives to do
    /// it. On SQLite only waiters of this process hear it.
    public func notify(_ channel: String) throws {
        if let failure { throw failure }
        // Only a savepoint takes it back.
        writes += 1
        do { try session.notify(channel) } catch { throw failed(error) }
        if !notifiedChannels.contains(channel) { notifiedChannels.append(channel) }
    }

    /// Runs `body` so that its changes vanish when it throws, and the rest of the transaction goes on. At first the driver
    /// presumes that it does not throw; if it does, the closure's run is given up, and the next one has real savepoints.
    @discardableResult
    public func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        switch savepoints {
        case .made: try madeSavepoint(body)
        case .presumed: try presumedSavepoint(body)
        }
    }

    private func presumedSavepoint<Result>(_ body: () throws -> Result) throws -> Result {
        if let failure { throw failure }
        let (writesBefore, notifiedBefore) = (writes, notifiedChannels)
        do {
            let result = try body()
            if let failure { throw failure }
            return result
        } catch {
            // Nothing was written, so there is nothing to undo.
            if failure == nil, writes == writesBefore {
                notifiedChannels = notifiedBefore
                throw error
            }
            needsSavepoints = true
            throw failed(DatabaseError.conflict)
        }
    }

    private func madeSavepoint<Result>(_ body: () throws -> Result) throws -> Result {
        savepointDepth += 1
        defer { savepointDepth -= 1 }
        // Named by depth, not by number, so that a loop of savepoints is a handful of prepared statements.
        let name = "kessai_\(savepointDepth)"
        let notifiedBefore = notifiedChannels
        try execute(SQL(unsafe: "SAVEPOINT \(name)"))
        do {
            let result = try body()
            if let failure { throw failure }
            try execute(SQL(unsafe: "RELEASE SAVEPOINT \(name)"))
            return result
        } catch {
            let reason = error
            failure = nil
            notifiedChannels = notifiedBefore
            do {
                try execute(SQL(unsafe: "ROLLBACK TO SAVEPOINT \(name)"))
                try execute(SQL(unsafe: "RELEASE SAVEPOINT \(name)"))
            } catch {
                // The whole transaction is gone; `failure` is set, so nothing of it commits.
            }
            throw reason
        }
    }

    private func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
        try counted(sql) { try session.run(sql, rowsMax: rowsMax) }
    }

    private func counted<Result>(_ sql: SQL, _ body: () throws -> Result) throws -> Result {
        if let failure { throw failure }
        if !sql.shape.begins(with: "SELECT") { writes += 1 }
        do { return try body() } catch { throw failed(error) }
    }

    private func failed(_ error: any Error) -> any Error {
        failure = error
        return error
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
    /// Runs one statement. Throws `DatabaseError.unexpectedRowCount` when it gives more than `rowsMax` rows, without
    /// holding more of them than that.
    func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult
    /// Runs one statement now, or, before anything else, with the next `run` or the commit. When one that was not waited
    /// for fails, nothing more succeeds, the transaction does not commit, and the driver runs its closure again with
    /// ``Transaction/Savepoints/made`` unless it would fail again.
    func send(_ sql: SQL) throws
    /// Checks that the transaction may notify. The driver takes `Transaction.notifiedChannels` after the commit.
    func notify(_ channel: String) throws
}

extension SQLSession {
    /// Runs it now.
    public func send(_ sql: SQL) throws { _ = try run(sql, rowsMax: Transaction.rowsMaxDefault) }
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
