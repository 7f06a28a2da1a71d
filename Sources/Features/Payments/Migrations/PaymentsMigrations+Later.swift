internal import Database

// What was added after the first release.
extension PaymentsMigrations {
    /// How many times the amount of an attempt's intent was brought up to its order's: each repair has a key of its own.
    static let repairs = Migration(
        "payments/0006_repairs",
        ["ALTER TABLE payment_attempts ADD COLUMN repairs BIGINT NOT NULL DEFAULT 0 CHECK (repairs >= 0)"])

    /// How often the sweep has tried what it cannot finish, and when it may try again.
    static let sweepTries = Migration(
        "payments/0007_sweep_tries",
        [
            """
            CREATE TABLE sweep_tries (
                kind TEXT NOT NULL,
                id TEXT NOT NULL,
                tries BIGINT NOT NULL CHECK (tries > 0),
                next_try_at_ms BIGINT NOT NULL,
                PRIMARY KEY (kind, id)
            )
            """,
            "CREATE INDEX sweep_tries_by_time ON sweep_tries (next_try_at_ms)",
        ])
}
