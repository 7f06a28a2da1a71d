private import CSQLite

/// The write-ahead log of a file, as the one sees it who copies it into the file.
///
/// Not by SQLite's own count, which copies within a commit: everybody in the group, and who comes behind it, would wait.
// Unchecked: it belongs to its connection.
final class SQLiteLog: @unchecked Sendable {
    /// Pages after which the log is copied between two groups, and after which it is when nobody wants to write: copying takes
    /// some milliseconds, for which whoever comes next must wait.
    static let pagesMax = 1_000
    static let pagesWhenIdle = 250
    /// How long nobody has wanted to write then.
    static let idleMs = 2

    private let database: OpaquePointer
    /// Pages in the log after the last commit.
    private var pages = 0
    /// Whether they have been copied, as far as readers let them be.
    private var isCopied = true

    /// Hears from now on of every commit of the connection, which must outlive this.
    init(of database: OpaquePointer) {
        self.database = database
        sqlite3_wal_hook(
            database,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                let log = Unmanaged<SQLiteLog>.fromOpaque(context).takeUnretainedValue()
                log.pages = Int(pages)
                log.isCopied = false
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Whether it has that many pages that nobody has copied yet.
    func has(_ count: Int) -> Bool { !isCopied && pages >= count }

    /// Copies it into the file, as far as no reader needs the file as it is; the next commit begins it anew when all was
    /// copied. What cannot be copied, for a reader or a full disk, stays in the log, which is as good.
    func copy() {
        isCopied = true
        _ = sqlite3_wal_checkpoint_v2(database, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    }
}
