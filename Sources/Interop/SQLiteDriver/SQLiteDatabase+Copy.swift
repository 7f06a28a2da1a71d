private import CSQLite
private import Database
public import Kernel

extension SQLiteDatabase {
    /// A database in memory, inline, that begins as a copy of another one: for a simulator, which needs a migrated
    /// schema thousands of times. `template` must be inline too. Throws `DatabaseError`.
    public convenience init(copyOf template: SQLiteDatabase, clock: any WallClock) throws {
        try self.init(at: .memory, execution: .inline, clock: clock)
        try copy(from: template)
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
