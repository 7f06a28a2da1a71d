internal import Database

/// The tables of accounts.
enum AccountsSchema {
    static let migrations: [Migration] = [
        Migration(
            "accounts/0001_users",
            [
                """
                CREATE TABLE users (
                    id TEXT NOT NULL PRIMARY KEY,
                    email TEXT NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
                    email_key TEXT NOT NULL UNIQUE,
                    name TEXT CHECK (length(name) BETWEEN 1 AND 100),
                    password_hash TEXT NOT NULL CHECK (length(password_hash) BETWEEN 1 AND 128),
                    role TEXT NOT NULL CHECK (role IN ('buyer', 'operator')),
                    created_at_ms BIGINT NOT NULL,
                    disabled_at_ms BIGINT)
                """
            ]),
        // The generation is what makes the first of two nodes win that make a key at the same moment.
        Migration(
            "accounts/0002_signing_keys",
            [
                """
                CREATE TABLE signing_keys (
                    kid TEXT NOT NULL PRIMARY KEY,
                    generation BIGINT NOT NULL UNIQUE CHECK (generation > 0),
                    seed BYTEA NOT NULL CHECK (length(seed) = 32),
                    created_at_ms BIGINT NOT NULL,
                    retire_at_ms BIGINT NOT NULL CHECK (retire_at_ms > created_at_ms))
                """
            ]),
        // Tokens of operators that are older than their password are refused.
        Migration(
            "accounts/0003_operators",
            [
                "ALTER TABLE users ADD COLUMN password_set_at_ms BIGINT",
                "CREATE INDEX users_operators ON users (id) WHERE role = 'operator'",
            ]),
    ]
}
