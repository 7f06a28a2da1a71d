import Database
import Testing

/// One text serves both engines; SQLite hears of STRICT tables and its own types, and of nothing else changed.
@Suite struct MigrationTextTests {
    @Test(arguments: [
        (
            "CREATE TABLE a (id BIGINT PRIMARY KEY, key BYTEA)",
            "CREATE TABLE a (id INTEGER PRIMARY KEY, key BLOB) STRICT"
        ),
        ("create table a (id bigint)", "create table a (id INTEGER) STRICT"),
        ("\n  CREATE TABLE IF NOT EXISTS a (id BIGINT)\n", "\n  CREATE TABLE IF NOT EXISTS a (id INTEGER) STRICT"),
        ("-- why\nCREATE TABLE a (id BIGINT);", "-- why\nCREATE TABLE a (id INTEGER) STRICT"),
        ("CREATE TABLE a (id BIGINT) -- BIGINT", "CREATE TABLE a (id INTEGER) STRICT"),
        ("CREATE TEMP TABLE a (id BIGINT)", "CREATE TEMP TABLE a (id INTEGER) STRICT"),
        (
            "CREATE TABLE a (id BIGINT PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE a (id INTEGER PRIMARY KEY) WITHOUT ROWID, STRICT"
        ),
        ("CREATE TABLE a (id BIGINT) STRICT", "CREATE TABLE a (id INTEGER) STRICT"),
        ("CREATE TABLE a AS SELECT max(id) AS id FROM b", "CREATE TABLE a AS SELECT max(id) AS id FROM b"),
        ("ALTER TABLE a ADD COLUMN b BIGINT", "ALTER TABLE a ADD COLUMN b INTEGER"),
        (
            "CREATE TABLE BIGINTS (MY_BIGINT BIGINT, BYTEA_LENGTH BIGINT, BIGINT2 TEXT)",
            "CREATE TABLE BIGINTS (MY_BIGINT INTEGER, BYTEA_LENGTH INTEGER, BIGINT2 TEXT) STRICT"
        ),
        (
            "CREATE TABLE a (\"BIGINT\" TEXT DEFAULT 'BIGINT''s BYTEA') /* BYTEA */",
            "CREATE TABLE a (\"BIGINT\" TEXT DEFAULT 'BIGINT''s BYTEA') STRICT"
        ),
        ("CREATE TABLE a (t TEXT DEFAULT 'STRICT)')", "CREATE TABLE a (t TEXT DEFAULT 'STRICT)') STRICT"),
    ])
    func `a table becomes strict`(_ text: String, _ expected: String) {
        let migration = Migration("a", [text])
        #expect(migration.sqlite == [expected])
        #expect(migration.postgresql == [text])
    }

    @Test(arguments: [
        "CREATE INDEX bigint_index ON a (CAST(b AS BIGINT))",
        "CREATE UNIQUE INDEX a_b ON a (b) WHERE c = 'CREATE TABLE'",
        "CREATE TRIGGER kept BEFORE UPDATE ON a BEGIN SELECT RAISE(ABORT, 'BIGINT (BYTEA)'); END",
        "CREATE VIEW tables AS SELECT CAST(b AS BIGINT) AS c FROM a",
        "CREATE VIRTUAL TABLE search USING fts5 (BIGINT, tokenize = 'trigram')",
        "INSERT INTO a (b) VALUES ('BYTEA')", "UPDATE a SET BIGINT = 1", "", "'", "/*", "--",
    ])
    func `every other statement passes unharmed`(_ text: String) {
        #expect(Migration("a", [text]).sqlite == [text])
    }
}
