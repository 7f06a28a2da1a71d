private import CSQLite
internal import Database
private import DriverSupport
private import Threads

/// One connection with its prepared statements.
// Unchecked: a connection belongs to one thread at a time; it is handed over before the thread starts and after it
// ended, or under a lock.
final class SQLiteConnection: SQLSession, @unchecked Sendable {
    /// What every connection of a database shares.
    struct Settings: Sendable {
        let location: SQLiteDatabase.Location
        let busyTimeoutMs: Int
    }

    /// What a connection is for.
    enum Role: Sendable {
        case writer, reader
        /// Writes, and leaves the log to the one who serves the file.
        case guest
        /// Reads a file that is not ours to change in any way.
        case snapshot
    }

    /// Prepared statements kept at most: more than the application has, so that none is prepared twice.
    static let statementsMax = 1024

    /// The driver's own words, prepared apart from the closures', which may not say them.
    enum Command: String {
        case beginToWrite = "BEGIN IMMEDIATE"
        case beginToRead = "BEGIN DEFERRED"
        case commit = "COMMIT"
        case rollBack = "ROLLBACK"
        case savepoint = "SAVEPOINT kessai_closure"
        case release = "RELEASE kessai_closure"
        case rollBackToSavepoint = "ROLLBACK TO kessai_closure"
        case beginWithin = "SAVEPOINT kessai_transaction"
        case commitWithin = "RELEASE kessai_transaction"
        case rollBackWithin = "ROLLBACK TO kessai_transaction"
    }

    private let database: OpaquePointer
    /// Whether a commit's writes to the log are put together (`log_writes.h`).
    private let hasLogWrites: Bool
    /// The connection, `sqlite3 *`, for what belongs to this driver.
    var handle: OpaquePointer { database }
    private var commands: [Command: SQLiteStatement] = [:]
    private var statements: [SQLShape: SQLiteStatement] = [:]
    private var turn: UInt64 = 0
    private var mayWrite = false
    /// Whether transactions are savepoints of one that ends with ``rewind()``, and whether one of them is open.
    private var isRewindable = false
    private var isWithin = false
    /// How many statements that may write were run.
    private(set) var writeCount = 0

    /// Opens. Throws `DatabaseError.unavailable`.
    init(_ settings: Settings, role: Role) throws {
        _ = Self.isSetUp
        let path: String
        switch settings.location {
        case .memory: path = ":memory:"
        case .file(let file):
            if role != .snapshot { try SQLiteFile.make(file) }
            path = file
        }
        var handle: OpaquePointer?
        let access = role == .snapshot ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        hasLogWrites = (role == .writer || role == .guest) && Self.knowsLogWrites && settings.location != .memory
        let code = sqlite3_open_v2(path, &handle, flags, hasLogWrites ? KESSAI_LOG_WRITES_VFS : nil)
        guard code == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw DatabaseError.unavailable(reason: "cannot open \(path): \(String(cString: sqlite3_errstr(code)))")
        }
        database = handle
        do {
            try configure(settings, role)
        } catch {
            sqlite3_close_v2(handle)
            throw error
        }
    }

    /// Of the process, before its first connection. That it is too late means that somebody else brought SQLite up, and costs time
    /// alone.
    private static let isSetUp = kessai_sqlite3_count_no_memory() == SQLITE_OK

    /// Whether a commit's writes to the log can be put together; without it each is a call of its own.
    private static let knowsLogWrites = kessai_log_writes_register() == SQLITE_OK

    deinit { close() }

    private var isOpen = true

    /// Finalizes the statements and closes; the last connection of a file folds its log into it.
    func close() {
        guard isOpen else { return }
        isOpen = false
        statements = [:]
        commands = [:]
        sqlite3_close_v2(database)
    }

    private func configure(_ settings: Settings, _ role: Role) throws {
        for (option, on) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0), (SQLITE_DBCONFIG_ENABLE_FKEY, 1),
            // A misspelt "column" must be an error, not a text.
            (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
        ] {
            guard kessai_sqlite3_config_flag(database, option, Int32(on)) == SQLITE_OK else {
                throw SQLiteFault.last(database).error
            }
        }
        sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0)
        sqlite3_busy_timeout(database, Int32(clamping: settings.busyTimeoutMs))
        // With it REPLACE fires the triggers of the rows it removes, so none slips past an append-only table.
        try speak("PRAGMA recursive_triggers = ON")
        if case .file(let path) = settings.location, role != .snapshot {
            // First: what is written without it is not durable, nor even in the file (`log_writes.h`).
            try speak("PRAGMA synchronous = FULL")
            guard try speak("PRAGMA synchronous") == .int(2) else {
                throw DatabaseError.unavailable(reason: "\(path): commits would not be durable")
            }
            try keepLog(path, settings.busyTimeoutMs)
            if role == .guest { try speak("PRAGMA wal_autocheckpoint = 0") }
            try speak("PRAGMA cache_size = -16384")
            try speak("PRAGMA journal_size_limit = 67108864")
        }
        if role == .reader || role == .snapshot { try speak("PRAGMA query_only = ON") }
    }

    /// Two who open a new file at once collide here without SQLite waiting for its own time-out.
    private func keepLog(_ path: String, _ busyTimeoutMs: Int) throws {
        let pauseMs = 10
        var waitedMs = 0
        while true {
            do {
                guard try speak("PRAGMA journal_mode = WAL") == .text("wal") else {
                    throw DatabaseError.statement(code: "SQLITE_1", message: "no write-ahead log for \(path)")
                }
                return
            } catch DatabaseError.unavailable(let reason) {
                let isForGood = sqlite3_errcode(database) & 0xFF == SQLITE_NOTADB
                guard waitedMs < busyTimeoutMs, !isForGood else {
                    throw DatabaseError.unavailable(reason: "\(path): \(reason)")
                }
                OwnedThread.pause(milliseconds: pauseMs)
                waitedMs += pauseMs
            }
        }
    }

    /// Whether SQLite has a transaction open; an error such as a full disk may have ended it.
    var isInTransaction: Bool { isOpen && sqlite3_get_autocommit(database) == 0 && (isWithin || !isRewindable) }

    /// Whether a deferred foreign key is unresolved now, so that a commit would fail.
    var hasUnresolvedForeignKeys: Bool {
        var current: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(database, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
        return current != 0
    }

    /// Begins a transaction that writes (and takes the lock now) or one that only reads.
    func begin(mayWrite: Bool) throws {
        guard isOpen else { throw DatabaseError.closed }
        if isRewindable {
            try command(.beginWithin)
            isWithin = true
        } else {
            try command(mayWrite ? .beginToWrite : .beginToRead)
        }
        self.mayWrite = mayWrite
    }

    /// Makes the transaction durable.
    func commit() throws {
        guard isRewindable else {
            guard hasLogWrites else { return try command(.commit) }
            kessai_log_commit_begins(database)
            do {
                try command(.commit)
            } catch {
                kessai_log_commit_ends(database, 0)
                throw error
            }
            // Nothing is left to write, or the setting that makes commits durable does not hold.
            guard kessai_log_commit_ends(database, 1) == SQLITE_OK else { throw DatabaseError.commitUnknown }
            return
        }
        // A commit would say so by itself.
        if hasUnresolvedForeignKeys { throw DatabaseError.foreignKeyViolation }
        try command(.commitWithin)
        isWithin = false
    }

    /// From now on ``rewind()`` brings back what is there now.
    func becomeRewindable() throws {
        try command(.beginToWrite)
        isRewindable = true
    }

    /// Everything is as it was when the connection became rewindable, and its statements stay prepared.
    func rewind() throws {
        isWithin = false
        try command(.rollBack)
        try command(.beginToWrite)
    }

    /// Runs one of the driver's own statements.
    func command(_ command: Command) throws {
        guard isOpen else { throw DatabaseError.closed }
        let statement = try commands[command] ?? SQLiteStatement(command.rawValue, on: database, byDriver: true)
        commands[command] = statement
        _ = try step(statement, [], rowsMax: 0)
    }

    /// Undoes the transaction, if SQLite has not done so already.
    func rollBack() {
        guard isInTransaction else { return }
        do {
            if isRewindable {
                try command(.rollBackWithin)
                try command(.commitWithin)
                isWithin = false
            } else {
                try command(.rollBack)
            }
        } catch {
            // A rollback fails only when there is no transaction any more, which is what it is for.
        }
    }

    func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
        guard isInTransaction else { throw DatabaseError.unavailable(reason: "the transaction was rolled back") }
        let statement = try statement(sql.shape)
        guard mayWrite || statement.isReadOnly else {
            throw DatabaseError.statement(code: "25006", message: "a read may not write")
        }
        if !statement.isReadOnly { writeCount += 1 }
        return try step(statement, sql.values, rowsMax: rowsMax)
    }

    func notify(_ channel: String) throws {
        guard mayWrite else { throw DatabaseError.statement(code: "25006", message: "a read may not notify") }
    }

    private func step(_ statement: SQLiteStatement, _ values: [SQLValue], rowsMax: Int) throws -> SQLResult {
        defer { statement.reset() }
        try statement.bind(values)
        var rows: [Row] = []
        var columns: Row.Columns?
        while true {
            let code = sqlite3_step(statement.handle)
            if code == SQLITE_ROW {
                guard rows.count < rowsMax else { throw DatabaseError.unexpectedRowCount(rows.count + 1) }
                let known = columns ?? statement.currentColumns()
                columns = known
                rows.append(Row(columns: known, values: statement.values(count: known.names.count)))
            } else if code == SQLITE_DONE {
                return SQLResult(
                    rows: rows, changedRows: statement.countsChanges ? Int(sqlite3_changes64(database)) : 0)
            } else {
                throw SQLiteFault.last(database).error
            }
        }
    }

    private func statement(_ shape: SQLShape) throws -> SQLiteStatement {
        turn += 1
        if let known = statements[shape] {
            known.lastUse = turn
            return known
        }
        let fresh = try SQLiteStatement(shape.text, on: database, byDriver: false)
        fresh.lastUse = turn
        if statements.count >= Self.statementsMax,
            let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            statements[oldest.key] = nil
        }
        statements[shape] = fresh
        return fresh
    }

    /// Runs a setting and gives the first value of its answer.
    @discardableResult
    private func speak(_ text: String) throws -> SQLValue? {
        let statement = try SQLiteStatement(text, on: database, byDriver: true)
        guard sqlite3_step(statement.handle) != SQLITE_ROW else { return statement.values(count: 1).first }
        let code = sqlite3_reset(statement.handle)
        guard code == SQLITE_OK else { throw SQLiteFault.last(database).error }
        return nil
    }
}
