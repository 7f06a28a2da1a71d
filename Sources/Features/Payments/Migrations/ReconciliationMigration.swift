internal import Database

extension PaymentsMigrations {
    /// What reconciliation keeps: its runs, what it reads for the statement it draws up, what a person must look at, and
    /// the statements themselves, which are appended like money (law 10).
    static let reconciliation = Migration(
        "payments/0012_reconciliation",
        sqlite: Migration("", reconciliationTables).sqlite
            + ["UPDATE", "DELETE"].map { verb in
                """
                CREATE TRIGGER reconciliation_statements_no_\(verb.lowercased()) BEFORE \(verb)
                ON reconciliation_statements
                BEGIN SELECT RAISE(ABORT, 'reconciliation_statements is append-only'); END
                """
            },
        postgresql: reconciliationTables + [
            """
            CREATE TRIGGER reconciliation_statements_append_only BEFORE UPDATE OR DELETE ON reconciliation_statements
            FOR EACH ROW EXECUTE FUNCTION kessai_append_only()
            """,
            """
            CREATE TRIGGER reconciliation_statements_no_truncate BEFORE TRUNCATE ON reconciliation_statements
            FOR EACH STATEMENT EXECUTE FUNCTION kessai_append_only()
            """,
        ])

    private static let reconciliationTables = [
        """
        CREATE TABLE reconciliation_runs (
            id TEXT NOT NULL PRIMARY KEY,
            state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'interrupted')),
            since_ms BIGINT NOT NULL,
            until_ms BIGINT NOT NULL,
            phase TEXT NOT NULL,
            cursor_id TEXT,
            objects BIGINT NOT NULL CHECK (objects >= 0),
            started_at_ms BIGINT NOT NULL,
            locked_until_ms BIGINT NOT NULL,
            ended_at_ms BIGINT,
            CHECK (since_ms < until_ms),
            CHECK ((state = 'running') = (ended_at_ms IS NULL))
        )
        """,
        "CREATE UNIQUE INDEX reconciliation_runs_one ON reconciliation_runs (state) WHERE state = 'running'",
        // Its indexes begin with what is looked for, not with the run: a planner that does not know the table yet takes
        // a run for a handful of rows, and would read all of them for each row of the other side.
        """
        CREATE TABLE reconciliation_objects (
            run_id TEXT NOT NULL,
            subject TEXT NOT NULL CHECK (subject IN ('charge', 'refund')),
            side TEXT NOT NULL CHECK (side IN ('stripe', 'here')),
            stripe_id TEXT NOT NULL,
            payment_intent_id TEXT,
            amount_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            reason TEXT,
            created_at_ms BIGINT NOT NULL,
            PRIMARY KEY (stripe_id, run_id, subject, side)
        )
        """,
        "CREATE INDEX reconciliation_objects_by_intent ON reconciliation_objects (payment_intent_id, run_id)",
        """
        CREATE TABLE reconciliation_findings (
            id TEXT NOT NULL PRIMARY KEY,
            subject TEXT NOT NULL,
            kind TEXT NOT NULL,
            stripe_id TEXT NOT NULL,
            order_id TEXT,
            amount_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            occurred_at_ms BIGINT NOT NULL,
            first_seen_at_ms BIGINT NOT NULL,
            last_seen_at_ms BIGINT NOT NULL,
            resolved_at_ms BIGINT,
            UNIQUE (subject, stripe_id)
        )
        """,
        """
        CREATE INDEX reconciliation_findings_open ON reconciliation_findings (first_seen_at_ms)
        WHERE resolved_at_ms IS NULL
        """,
        """
        CREATE TABLE reconciliation_statements (
            id TEXT NOT NULL PRIMARY KEY,
            since_ms BIGINT NOT NULL,
            until_ms BIGINT NOT NULL,
            balanced BIGINT NOT NULL CHECK (balanced IN (0, 1)),
            body TEXT NOT NULL,
            created_at_ms BIGINT NOT NULL
        )
        """,
    ]
}
