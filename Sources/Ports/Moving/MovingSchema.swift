public import Database

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
            ])
    ]

    /// Throws `DatabaseError.schemaMismatch` when a move into the database was begun and is not done: its rows are still
    /// missing, and who served it would begin a new installation.
    public static func requireNoneUnderWay(in database: any Database) async throws {
        let isCopying = try await database.read { tx in
            try tx.row("SELECT 1 AS one FROM database_moves WHERE state = 'copying' LIMIT 1") != nil
        }
        if isCopying {
            throw DatabaseError.schemaMismatch(
                "a move into this database was begun and is not done; let `kessai migrate --from … --to …` end, "
                    + "or run it again")
        }
    }

    /// Tables that tell of the database itself, and are each database's own.
    static let ownTables: Set<String> = ["schema_migrations", "database_moves"]
}
