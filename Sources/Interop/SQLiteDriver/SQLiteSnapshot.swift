public import Database
private import DriverSupport

/// A SQLite file as it was at one moment, through a connection that cannot write it: not even the log beside it is
/// folded in.
public final class SQLiteSnapshot: Snapshot {
    private struct State: Sendable {
        let connection: SQLiteConnection
        /// Tells the commits of other connections apart.
        var version: SQLValue = .null
    }
    private let state: Monitor<State>

    /// Takes the snapshot of a file that is there.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - busyTimeoutMs: how long a lock of another process is waited for.
    /// - Throws: `DatabaseError.unavailable` when the file is not there or is no database.
    public init(ofFileAt path: String, busyTimeoutMs: Int = 5_000) throws {
        let settings = SQLiteConnection.Settings(location: .file(path: path), busyTimeoutMs: busyTimeoutMs)
        state = Monitor(State(connection: try SQLiteConnection(settings, role: .snapshot)))
        try state.withLock { try Self.begin(&$0) }
    }

    /// Runs `body` on the state. Throws what `body` throws, or `DatabaseError`; a statement that writes throws.
    public func read<Result>(_ body: (Transaction) throws -> Result) throws -> Result {
        try state.withLock { state in
            // The state is held from the first statement on; an error of a statement does not end it.
            try body(Transaction(dialect: .sqlite, session: state.connection))
        }
    }

    /// Whether nobody has committed anything since the state was taken, which is let go of: a new one is taken.
    public func isStillCurrent() throws -> Bool {
        try state.withLock { state in
            let version = state.version
            state.connection.rollBack()
            try Self.begin(&state)
            return state.version == version
        }
    }

    /// Lets go of the file, as it was found. A second call does nothing.
    public func close() {
        state.withLock { state in
            state.connection.rollBack()
            state.connection.close()
        }
    }

    private static func begin(_ state: inout State) throws {
        try state.connection.begin(mayWrite: false)
        let tx = Transaction(dialect: .sqlite, session: state.connection)
        // Reads the file, which takes the snapshot.
        _ = try tx.row("SELECT COUNT(*) AS count FROM sqlite_schema")
        state.version = try tx.row("PRAGMA data_version")?.value("data_version") ?? .null
    }
}
