private import CSQLite
private import DriverSupport

/// Copies the log into the file on a thread of its own, while the writer goes on.
///
/// Left to itself SQLite does it after a commit, once the log has 1,000 pages, and whoever waits for the writer waits for
/// that too. Here the writer does the rest alone: when the most is copied, the last pages must be copied between two of its
/// transactions, or the log would never be begun anew.
final class SQLiteCheckpointer: Sendable {
    /// Pages that are not copied yet, from which on it is worth a pass.
    static let pagesDue = 1_000
    /// The most that the writer copies itself.
    static let pagesFew = 300
    /// Pages of the log from which on the writer copies whatever there is, so that the log does not grow for ever.
    static let pagesMax = 16_000

    private struct State {
        /// Pages of the log at the last commit.
        var pages = 0
        /// How many of them are copied.
        var copied = 0
        var isWorking = false
        var isClosed = false
        var hasEnded = false
    }

    private let connection: SQLiteConnection
    private let state = Monitor(State())

    /// Begins to watch over the commits of `writer`. Throws what keeps the file from being opened, or
    /// `OwnedThread.Refused`.
    init(_ settings: SQLiteConnection.Settings, writer: SQLiteConnection) throws {
        connection = try SQLiteConnection(settings, role: .writer)
        try OwnedThread.start { [self] in serve() }
        // The writer's connection is closed before this object goes: `SQLiteWriter` holds both.
        sqlite3_wal_hook(
            writer.handle,
            { context, database, _, pages in
                guard let context else { return SQLITE_OK }
                let checkpointer = Unmanaged<SQLiteCheckpointer>.fromOpaque(context).takeUnretainedValue()
                checkpointer.committed(pages: Int(pages), on: database)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
        // SQLite's own would come from every connection that commits.
        sqlite3_wal_autocheckpoint(connection.handle, 0)
    }

    /// Ends the thread when its pass is over.
    func refuse() {
        state.withLock { $0.isClosed = true }
        state.broadcast()
    }

    /// Ends the thread, waits for it, and closes the connection. The writer commits no more.
    func close() {
        refuse()
        state.wait { $0.hasEnded ? () : nil }
        connection.close()
    }

    /// On the writer's thread, after each of its commits.
    private func committed(pages: Int, on database: OpaquePointer?) {
        let isOurTurn = state.withLock { state in
            // The log was begun anew.
            if pages < state.pages { state.copied = 0 }
            state.pages = pages
            if pages >= Self.pagesMax { return true }
            return pages >= Self.pagesDue && !state.isWorking && pages - state.copied <= Self.pagesFew
        }
        guard isOurTurn else { return state.signal() }
        pass(database)
    }

    private func serve() {
        while true {
            let isClosed = state.wait { state -> Bool? in
                if state.isClosed { return true }
                guard state.pages - state.copied >= Self.pagesDue else { return nil }
                state.isWorking = true
                return false
            }
            if isClosed { break }
            pass(connection.handle)
            state.withLock { $0.isWorking = false }
        }
        state.withLock { $0.hasEnded = true }
        state.broadcast()
    }

    /// One pass, as far as no reader needs what it would overwrite. A fault (the disk is full) is left to the next pass:
    /// what was committed is safe in the log.
    private func pass(_ database: OpaquePointer?) {
        var pages: Int32 = 0
        var copied: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(database, nil, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied)
        state.withLock { state in
            // A pass of the log that was before this one says nothing of it; one that failed is not repeated at once.
            if code == SQLITE_OK, pages >= 0, Int(pages) <= state.pages {
                state.copied = max(state.copied, Int(copied))
            } else {
                state.copied = max(state.copied, state.pages)
            }
        }
    }
}
