public import Database

/// The tables of jobs, schedules and the outbox.
public enum JobsSchema {
    /// The steps, in order.
    public static let migrations: [Migration] = [jobs, schedules, outbox, availableByKind]

    private static let jobs = Migration(
        "jobs/0001_jobs",
        [
            """
            CREATE TABLE jobs (
                id TEXT NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL,
                arguments TEXT NOT NULL,
                subject TEXT,
                dedupe_key TEXT UNIQUE,
                state TEXT NOT NULL CHECK (state IN ('available', 'running', 'done', 'dead')),
                attempt BIGINT NOT NULL CHECK (attempt >= 0),
                fence BIGINT NOT NULL,
                created_at_ms BIGINT NOT NULL,
                run_at_ms BIGINT NOT NULL,
                locked_by TEXT,
                locked_until_ms BIGINT,
                finished_at_ms BIGINT,
                last_error TEXT,
                CHECK (fence >= attempt),
                CHECK ((state = 'running') = (locked_by IS NOT NULL)),
                CHECK ((state = 'running') = (locked_until_ms IS NOT NULL)),
                CHECK ((state IN ('done', 'dead')) = (finished_at_ms IS NOT NULL)),
                CHECK (state <> 'dead' OR last_error IS NOT NULL))
            """,
            "CREATE INDEX jobs_available ON jobs (run_at_ms, id, kind) WHERE state = 'available'",
            "CREATE INDEX jobs_running ON jobs (locked_until_ms) WHERE state = 'running'",
            "CREATE INDEX jobs_done ON jobs (finished_at_ms) WHERE state = 'done'",
            "CREATE INDEX jobs_dead ON jobs (kind, finished_at_ms) WHERE state = 'dead'",
            "CREATE INDEX jobs_subject ON jobs (subject, created_at_ms) WHERE subject IS NOT NULL",
        ])

    /// A claim walks it from the front of each of its kinds and stops at its limit.
    private static let availableByKind = Migration(
        "jobs/0004_available_by_kind",
        [
            "DROP INDEX jobs_available",
            "CREATE INDEX jobs_available ON jobs (kind, run_at_ms, id) WHERE state = 'available'",
        ])

    private static let schedules = Migration(
        "jobs/0002_schedules",
        [
            """
            CREATE TABLE job_schedules (
                name TEXT NOT NULL PRIMARY KEY,
                every_ms BIGINT NOT NULL CHECK (every_ms > 0),
                next_run_at_ms BIGINT NOT NULL)
            """
        ])

    private static let outbox = Migration(
        "jobs/0003_outbox",
        [
            """
            CREATE TABLE outbox (
                id TEXT NOT NULL PRIMARY KEY,
                channel TEXT NOT NULL,
                dedupe_key TEXT NOT NULL UNIQUE,
                subject TEXT,
                body TEXT NOT NULL,
                created_at_ms BIGINT NOT NULL,
                sent_at_ms BIGINT,
                attempts BIGINT NOT NULL CHECK (attempts >= 0),
                CHECK (sent_at_ms IS NULL OR attempts > 0))
            """,
            "CREATE INDEX outbox_sent ON outbox (sent_at_ms) WHERE sent_at_ms IS NOT NULL",
            "CREATE INDEX outbox_subject ON outbox (subject, created_at_ms) WHERE subject IS NOT NULL",
        ])
}
