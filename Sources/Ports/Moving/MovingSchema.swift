public import Database
public import Kernel

/// The table of moves, in the database that was moved into.
public enum MovingSchema {
    /// The steps, in order.
    public static let migrations: [Migration] = [
        Migration(
            "moving/0001_moves",
            [
                """
                CREATE TABLE database_moves (
                    number BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
                    state TEXT NOT NULL CHECK (state IN ('copying', 'complete')),
                    source_installation TEXT,
                    source_made_at_ms BIGINT NOT NULL,
                    contents TEXT NOT NULL,
                    at_ms BIGINT NOT NULL)
                """
            ]),
        // When somebody first served what the move had brought.
        Migration("moving/0002_use", ["ALTER TABLE database_moves ADD COLUMN in_use_since_ms BIGINT"]),
    ]

    /// Throws `DatabaseError.schemaMismatch`, with what to do, when a move into the database was begun and is not done. It
    /// waits for no lock of a move.
    public static func requireNoneUnderWay(in database: any Database) async throws {
        try await MoveState.of(database).requireNotUnderWay()
    }

    /// The same in a transaction that writes, before which no move ends and in which none begins.
    public static func requireNoneUnderWay(in tx: Transaction) throws { try MoveState(in: tx).requireNotUnderWay() }

    /// Says that the database is in use from now on, if it was moved into: no move replaces it any more. A repeat changes
    /// nothing. What else the transaction writes is there before a move can begin, or not at all.
    ///
    /// Throws `DatabaseError.schemaMismatch`, with what to do, when a move is begun and not done.
    public static func takeIntoUse(at now: Timestamp, in tx: Transaction) throws {
        let state = try MoveState(in: tx)
        try state.requireNotUnderWay()
        if case .unserved = state { try MoveRecord.takeIntoUse(at: now, in: tx) }
    }

    /// Tables that tell of the database itself, and are each database's own.
    static let ownTables: Set<String> = ["schema_migrations", "database_moves"]
}
