internal import Database

/// The schema of passes.
enum PassesMigrations {
    static let all: [Migration] = [
        Migration(
            "passes/0001_devices",
            [
                """
                CREATE TABLE devices (
                    device_id TEXT NOT NULL PRIMARY KEY,
                    license_purchased_at_ms BIGINT,
                    unlock_count BIGINT NOT NULL CHECK (unlock_count >= 0),
                    last_unlock_date TEXT,
                    created_at_ms BIGINT NOT NULL,
                    updated_at_ms BIGINT NOT NULL,
                    CHECK (unlock_count = 0 OR last_unlock_date IS NOT NULL)
                )
                """,
                """
                CREATE TABLE pass_purchases (
                    order_id TEXT NOT NULL PRIMARY KEY,
                    device_id TEXT NOT NULL REFERENCES devices (device_id),
                    product_type TEXT NOT NULL CHECK (product_type IN ('license', 'daypass')),
                    token_salt TEXT NOT NULL,
                    token_hash TEXT NOT NULL UNIQUE,
                    token_expires_at_ms BIGINT NOT NULL,
                    return_url TEXT NOT NULL,
                    state TEXT NOT NULL CHECK (state IN ('open', 'delivered', 'closed')),
                    created_at_ms BIGINT NOT NULL,
                    delivered_at_ms BIGINT,
                    unlock_count BIGINT,
                    unlock_date TEXT,
                    CHECK ((state = 'delivered') = (delivered_at_ms IS NOT NULL)),
                    CHECK (state <> 'delivered' OR product_type <> 'daypass'
                        OR (unlock_count IS NOT NULL AND unlock_date IS NOT NULL))
                )
                """,
                "CREATE UNIQUE INDEX pass_purchases_one_open ON pass_purchases (device_id, product_type) "
                    + "WHERE state = 'open'",
                "CREATE UNIQUE INDEX pass_purchases_one_license ON pass_purchases (device_id) "
                    + "WHERE state = 'delivered' AND product_type = 'license'",
            ])
    ]
}
