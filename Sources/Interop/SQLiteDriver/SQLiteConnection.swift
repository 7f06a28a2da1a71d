private import CSQLite
internal import Database
private import Glibc

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
    enum Role: Sendable { case writer, reader }

    /// Prepared statements kept at most.
    static let statementsMax = 256

    private let database: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    private var turn: UInt64 = 0
    private var mayWrite = false
    /// Channels that the open transaction notified.
    var notified: [String] = []

    /// Opens. Throws `DatabaseError.unavailable`.
    init(_ settings: Settings, role: Role) throws {
        let path: String
        switch settings.location {
        case .memory: path = ":memory:"
        case .file(let file):
            try Self.makeFile(file)
            path = file
        }
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
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

    deinit { close() }

    private var isOpen = true

    /// Finalizes the statements and closes; the last connection of a file folds its log into it.
    func close() {
        guard isOpen else { return }
        isOpen = false
        statements = [:]
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
        if case .file(let path) = settings.location {
            guard try speak("PRAGMA journal_mode = WAL") == .text("wal") else {
                throw DatabaseError.unavailable(reason: "\(path) cannot be kept with a write-ahead log")
            }
            try speak("PRAGMA synchronous = FULL")
            try speak("PRAGMA cache_size = -16384")
            try speak("PRAGMA journal_size_limit = 67108864")
        }
        if role == .reader { try speak("PRAGMA query_only = ON") }
    }

    /// The file must be made before SQLite does it, which would let others read it.
    private static func makeFile(_ path: String) throws {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DatabaseError.unavailable(reason: "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        Glibc.close(descriptor)
    }

    private static func makeFolder(_ path: String) throws {
        var partial = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            partial += partial.isEmpty && part.isEmpty ? "/" : part.isEmpty ? "" : part + "/"
            guard !part.isEmpty, mkdir(partial, 0o700) != 0, errno != EEXIST else { continue }
            throw DatabaseError.unavailable(reason: "cannot make \(partial): \(String(cString: strerror(errno)))")
        }
    }

    /// Whether SQLite has a transaction open; an error such as a full disk may have ended it.
    var isInTransaction: Bool { isOpen && sqlite3_get_autocommit(database) == 0 }

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
        notified = []
        try command(mayWrite ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED")
        self.mayWrite = mayWrite
    }

    /// Runs one of the driver's own statements, which begins or ends something.
    func command(_ text: String) throws {
        _ = try step(statement(text, byDriver: true), [], rowsMax: 0)
    }

    /// Undoes the transaction, if SQLite has not done so already.
    func rollBack() {
        notified = []
        guard isInTransaction else { return }
        do { try command("ROLLBACK") } catch {
            // A rollback fails only when there is no transaction any more, which is what it is for.
        }
    }

    func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
        guard isInTransaction else { throw DatabaseError.unavailable(reason: "the transaction was rolled back") }
        let statement = try statement(sql.text, byDriver: false)
        guard mayWrite || statement.isReadOnly else {
            throw DatabaseError.statement(code: "25006", message: "a read may not write")
        }
        return try step(statement, sql.values, rowsMax: rowsMax)
    }

    func notify(_ channel: String) throws {
        guard mayWrite else { throw DatabaseError.statement(code: "25006", message: "a read may not notify") }
        if !notified.contains(channel) { notified.append(channel) }
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

    private func statement(_ text: String, byDriver: Bool) throws -> SQLiteStatement {
        turn += 1
        if let known = statements[text] {
            known.lastUse = turn
            return known
        }
        let fresh = try SQLiteStatement(text, on: database, byDriver: byDriver)
        fresh.lastUse = turn
        if statements.count >= Self.statementsMax,
            let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            statements[oldest.key] = nil
        }
        statements[text] = fresh
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
