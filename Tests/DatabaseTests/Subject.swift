import Database
import DatabaseTesting
import Kernel
import KernelTesting
import SQLiteDriver
import Testing

/// A way to run a database; every one must pass the same suite.
enum Subject: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqliteMemory, sqliteFile, sqliteInline, postgresql

    /// Those that can be opened here; PostgreSQL also when it is required and missing, so that it fails loudly.
    static var all: [Subject] {
        allCases.filter { $0 != .postgresql || TestEngine.all.contains(.postgresql) }
    }

    var testDescription: String { rawValue }
}

/// The tables that the suite works on.
private let tables = Migration(
    "conformance/0001_tables",
    sqlite: [
        """
        CREATE TABLE account (
            id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL CONSTRAINT account_name UNIQUE,
            balance INTEGER NOT NULL CONSTRAINT balance_not_negative CHECK (balance >= 0), note TEXT) STRICT
        """,
        """
        CREATE TABLE posting (
            id INTEGER NOT NULL PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES account (id),
            later_id INTEGER REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED, amount INTEGER NOT NULL) STRICT
        """,
        """
        CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, t TEXT, b BLOB) STRICT
        """,
        "CREATE TABLE pair (a INTEGER NOT NULL, b TEXT NOT NULL, UNIQUE (a, b)) STRICT",
        """
        CREATE TRIGGER posting_is_kept BEFORE UPDATE ON posting
        BEGIN SELECT RAISE(ABORT, 'postings are never edited'); END
        """,
    ],
    postgresql: [
        """
        CREATE TABLE account (
            id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL CONSTRAINT account_name UNIQUE,
            balance BIGINT NOT NULL CONSTRAINT balance_not_negative CHECK (balance >= 0), note TEXT)
        """,
        """
        CREATE TABLE posting (
            id BIGINT NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL REFERENCES account (id),
            later_id BIGINT REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED, amount BIGINT NOT NULL)
        """,
        "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, n BIGINT, t TEXT, b BYTEA)",
        "CREATE TABLE pair (a BIGINT NOT NULL, b TEXT NOT NULL, UNIQUE (a, b))",
        """
        CREATE FUNCTION refuse_edit() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'postings are never edited'; END $$
        """,
        "CREATE TRIGGER posting_is_kept BEFORE UPDATE ON posting FOR EACH ROW EXECUTE FUNCTION refuse_edit()",
    ])

/// Runs `body` on a fresh database of this kind with the suite's tables, one account of 100 with the id 1 in them.
@discardableResult
func withSubject<R>(
    _ subject: Subject, clock: any WallClock = ManualClock(), _ body: (any Database) async throws -> R
) async throws -> R {
    try await withEmptySubject(subject, clock: clock) { database in
        _ = try await Migrator(database: database, migrations: [tables], clock: clock).migrate()
        try await database.write {
            try $0.execute("INSERT INTO account (id, name, balance) VALUES (\(1), \("first"), \(100))")
        }
        return try await body(database)
    }
}

/// Runs `body` on a fresh and empty database of this kind.
@discardableResult
func withEmptySubject<R>(
    _ subject: Subject, clock: any WallClock = ManualClock(), _ body: (any Database) async throws -> R
) async throws -> R {
    switch subject {
    case .sqliteMemory: return try await withDatabase(.sqlite, clock: clock, body)
    case .postgresql: return try await withDatabase(.postgresql, clock: clock, body)
    case .sqliteInline:
        let database = try SQLiteDatabase(at: .memory, execution: .inline, clock: clock)
        return try await closing(database, body)
    case .sqliteFile:
        return try await withTemporaryFolder { folder in
            let database = try SQLiteDatabase(at: .file(path: folder + "/test.db"), readers: 2, clock: clock)
            return try await closing(database, body)
        }
    }
}

private func closing<R>(_ database: any Database, _ body: (any Database) async throws -> R) async throws -> R {
    do {
        let result = try await body(database)
        await database.close()
        return result
    } catch {
        await database.close()
        throw error
    }
}
