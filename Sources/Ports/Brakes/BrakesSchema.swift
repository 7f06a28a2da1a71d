public import Database

/// The table of failures that brakes count.
public enum BrakesSchema {
    /// The steps, in order.
    public static let migrations: [Migration] = [counts]

    private static let counts = Migration(
        "brakes/0001_failure_counts",
        [
            """
            CREATE TABLE failure_counts (
                subject_hash TEXT NOT NULL PRIMARY KEY,
                failures BIGINT NOT NULL CHECK (failures > 0),
                ends_at_ms BIGINT NOT NULL
            )
            """,
            "CREATE INDEX failure_counts_by_end ON failure_counts (ends_at_ms)",
        ])
}
