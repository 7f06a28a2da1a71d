public import Database

/// The table of keys and stored answers.
public enum IdempotencySchema {
    /// The steps, in order.
    public static let migrations: [Migration] = [keys]

    private static let keys = Migration(
        "idempotency/0001_keys",
        [
            """
            CREATE TABLE idempotency_keys (
                scope TEXT NOT NULL,
                idempotency_key TEXT NOT NULL,
                fingerprint TEXT NOT NULL,
                claim TEXT NOT NULL,
                locked_until_ms BIGINT,
                status BIGINT CHECK (status BETWEEN 200 AND 599),
                headers TEXT,
                body BYTEA,
                expires_at_ms BIGINT NOT NULL,
                PRIMARY KEY (scope, idempotency_key),
                CHECK ((locked_until_ms IS NULL) = (status IS NOT NULL)),
                CHECK ((status IS NULL) = (headers IS NULL)),
                CHECK ((status IS NULL) = (body IS NULL)))
            """,
            "CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at_ms)",
        ])
}
