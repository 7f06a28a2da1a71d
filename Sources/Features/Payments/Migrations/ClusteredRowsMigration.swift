internal import Database

extension PaymentsMigrations {
    /// The story and the postings are read by their order and entry alone, so they are kept in that order, without a second
    /// index: each row is written once and not two or three times.
    static let clusteredRows = Migration(
        "payments/0014_clustered_rows",
        sqlite: clustered(
            "order_history",
            """
            id TEXT NOT NULL,
            order_id TEXT NOT NULL REFERENCES orders (id),
            at_ms INTEGER NOT NULL,
            kind TEXT NOT NULL,
            cause_kind TEXT NOT NULL,
            cause_id TEXT NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (order_id, id)
            """, columns: "id, order_id, at_ms, kind, cause_kind, cause_id, detail")
            + clustered(
                "postings",
                """
                entry_id TEXT NOT NULL REFERENCES journal_entries (id),
                position INTEGER NOT NULL,
                account TEXT NOT NULL CHECK (account IN ('stripe_balance', 'sales', 'refunds', 'unapplied_payments',
                    'disputes')),
                amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
                currency TEXT NOT NULL,
                PRIMARY KEY (entry_id, position)
                """, columns: "entry_id, position, account, amount_minor, currency"),
        postgresql: [
            "ALTER TABLE order_history DROP CONSTRAINT order_history_pkey, ADD PRIMARY KEY (order_id, id)",
            "DROP INDEX order_history_by_order",
        ])

    /// SQLite cannot change how a table is kept: its rows move to another, which takes its name, and the guards of law 10 are
    /// made anew.
    private static func clustered(_ table: String, _ definition: String, columns: String) -> [String] {
        [
            "CREATE TABLE \(table)_clustered (\n\(definition)\n) STRICT, WITHOUT ROWID",
            "INSERT INTO \(table)_clustered (\(columns)) SELECT \(columns) FROM \(table)",
            "DROP TABLE \(table)",
            "ALTER TABLE \(table)_clustered RENAME TO \(table)",
        ]
            + ["UPDATE", "DELETE"].map { verb in
                """
                CREATE TRIGGER \(table)_no_\(verb.lowercased()) BEFORE \(verb) ON \(table)
                BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END
                """
            }
    }
}
