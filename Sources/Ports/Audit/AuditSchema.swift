public import Database

/// The table of the trail. Triggers refuse to edit or delete its rows, whoever asks (law 10).
public enum AuditSchema {
    /// The steps of the schema; they depend on no other feature's.
    public static let migrations: [Migration] = [
        Migration(
            "audit/0001_entries",
            sqlite: [
                table("INTEGER") + " STRICT", bySubject,
                """
                CREATE TRIGGER audit_entries_not_edited BEFORE UPDATE ON audit_entries
                BEGIN SELECT RAISE(ABORT, 'audit entries are only appended'); END
                """,
                """
                CREATE TRIGGER audit_entries_not_deleted BEFORE DELETE ON audit_entries
                BEGIN SELECT RAISE(ABORT, 'audit entries are only appended'); END
                """,
            ],
            postgresql: [
                table("BIGINT"), bySubject,
                """
                CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'audit entries are only appended'; END $$
                """,
                """
                CREATE TRIGGER audit_entries_not_edited BEFORE UPDATE OR DELETE ON audit_entries
                FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()
                """,
                """
                CREATE TRIGGER audit_entries_not_truncated BEFORE TRUNCATE ON audit_entries
                FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()
                """,
            ])
    ]

    /// The actor is no foreign key: the trail outlives the accounts, and other ports use it without them.
    private static func table(_ integer: String) -> String {
        """
        CREATE TABLE audit_entries (
            id TEXT NOT NULL PRIMARY KEY,
            at_ms \(integer) NOT NULL,
            actor_user_id TEXT,
            actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'cli', 'system')),
            action TEXT NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
            subject_kind TEXT NOT NULL CHECK (length(subject_kind) BETWEEN 1 AND 100),
            subject_id TEXT NOT NULL CHECK (length(subject_id) BETWEEN 1 AND 255),
            before_json TEXT,
            after_json TEXT,
            CHECK ((actor_kind = 'user') = (actor_user_id IS NOT NULL)))
        """
    }

    private static let bySubject =
        "CREATE INDEX audit_entries_by_subject ON audit_entries (subject_kind, subject_id, id)"
}
