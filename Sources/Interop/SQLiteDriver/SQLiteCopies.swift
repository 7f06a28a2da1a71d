private import CSQLite
private import Database
public import Kernel
private import Synchronization

/// Copies of one database, in memory and inline, each lent to one user at a time: for a simulator, which needs a migrated
/// schema tens of thousands of times.
///
/// A copy that comes back is as new for the next user, but what was prepared on it stays prepared: transactions on it are
/// savepoints of one that is rolled back then.
public final class SQLiteCopies: Sendable {
    private let template: SQLiteDatabase
    private let free = Mutex<[SQLiteConnection]>([])

    /// Copies of `template`, which is inline and not written any more.
    public init(of template: SQLiteDatabase) { self.template = template }

    /// A database that nobody else has, as the template is. Throws `DatabaseError`.
    public func lend(clock: any WallClock) throws -> SQLiteDatabase {
        if let connection = free.withLock({ $0.popLast() }) {
            return SQLiteDatabase(inlineOn: connection, clock: clock)
        }
        let connection = try SQLiteConnection(.init(location: .memory, busyTimeoutMs: 0), role: .writer)
        try template.withConnection { try connection.copy(from: $0) }
        try connection.becomeRewindable()
        return SQLiteDatabase(inlineOn: connection, clock: clock)
    }

    /// Takes back what was lent; it is closed for who had it. Throws `DatabaseError`; the copy is lost then, and nothing
    /// else.
    public func takeBack(_ database: SQLiteDatabase) throws {
        let connection = database.letGo()
        try connection.rewind()
        free.withLock { $0.append(connection) }
    }
}

extension SQLiteConnection {
    /// Replaces everything by what another connection has. Throws `DatabaseError`.
    func copy(from other: SQLiteConnection) throws {
        guard let backup = sqlite3_backup_init(handle, "main", other.handle, "main") else {
            throw SQLiteFault.last(handle).error
        }
        sqlite3_backup_step(backup, -1)
        guard sqlite3_backup_finish(backup) == SQLITE_OK else { throw SQLiteFault.last(handle).error }
    }
}
