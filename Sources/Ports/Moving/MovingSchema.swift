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
                    source_installation TEXT,
                    source_made_at_ms BIGINT NOT NULL,
                    contents TEXT NOT NULL,
                    moved_at_ms BIGINT NOT NULL)
                """
            ])
    ]

    /// Tables that tell of the database itself, and are each database's own.
    static let ownTables: Set<String> = ["schema_migrations", "database_moves"]
}
