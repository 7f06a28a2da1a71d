import Database
import DatabaseTesting
import Kernel
import KernelTesting
import Moving
import SQLiteDriver
import Testing

/// Two databases: a file to move from and a schema of PostgreSQL to move to.
struct MovingWorld: Sendable {
    let path: String
    let file: any Database
    let target: any Database
    let clock: ManualClock

    /// Whether there is a PostgreSQL.
    static var isPossible: Bool { TestEngine.all.contains(.postgresql) }

    /// What every feature's tables are like: keys of every kind, money, bytes, foreign keys, and rows that are kept.
    static let migrations = [
        Migration(
            "things/0001_all",
            sqlite: [
                "CREATE TABLE installation (singleton INTEGER NOT NULL PRIMARY KEY, id TEXT NOT NULL) STRICT",
                // The name comes before the table it refers to.
                """
                CREATE TABLE coins (
                    purse_number INTEGER NOT NULL REFERENCES purses (number), place TEXT NOT NULL,
                    amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, picture BLOB,
                    PRIMARY KEY (purse_number, place)) STRICT
                """,
                """
                CREATE TABLE purses (
                    number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT UNIQUE, note TEXT,
                    open INTEGER NOT NULL DEFAULT 0) STRICT
                """,
                "CREATE TABLE words (word TEXT NOT NULL PRIMARY KEY) STRICT",
                "CREATE TABLE seals (seal BLOB NOT NULL PRIMARY KEY) STRICT",
                "CREATE TRIGGER coins_kept BEFORE DELETE ON coins BEGIN SELECT RAISE(ABORT, 'kept'); END",
            ],
            postgresql: [
                "CREATE TABLE installation (singleton BIGINT NOT NULL PRIMARY KEY, id TEXT NOT NULL)",
                """
                CREATE TABLE purses (
                    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner TEXT UNIQUE, note TEXT,
                    open BOOLEAN NOT NULL DEFAULT FALSE)
                """,
                """
                CREATE TABLE coins (
                    purse_number BIGINT NOT NULL REFERENCES purses (number), place TEXT NOT NULL,
                    amount_minor BIGINT NOT NULL CHECK (amount_minor <> 13), currency TEXT NOT NULL, picture BYTEA,
                    PRIMARY KEY (purse_number, place))
                """,
                "CREATE TABLE words (word TEXT NOT NULL PRIMARY KEY)",
                "CREATE TABLE seals (seal BYTEA NOT NULL PRIMARY KEY)",
                """
                CREATE FUNCTION things_kept() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'kept'; END $$
                """,
                """
                CREATE TRIGGER coins_kept BEFORE DELETE ON coins
                FOR EACH ROW EXECUTE FUNCTION things_kept()
                """,
                """
                CREATE TRIGGER coins_not_truncated BEFORE TRUNCATE ON coins
                FOR EACH STATEMENT EXECUTE FUNCTION things_kept()
                """,
            ])
    ]

    private static let all = migrations + MovingSchema.migrations

    /// Runs `body` with a file that has the schema, and an empty target.
    static func run(
        _ migrations: [Migration] = all, _ body: (MovingWorld) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        try await withTemporaryFolder { folder in
            let path = folder + "/from.db"
            let file = try SQLiteDatabase(at: .file(path: path), clock: clock)
            _ = try await Migrator(database: file, migrations: migrations, clock: clock).migrate()
            try await withDatabase(.postgresql, clock: clock) { target in
                try await body(MovingWorld(path: path, file: file, target: target, clock: clock))
            }
            await file.close()
        }
    }

    static let sums = [
        MoveSum(
            "coins",
            sql: "SELECT currency, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor FROM coins GROUP BY currency")
    ]

    @discardableResult
    func move(
        _ migrations: [Migration] = all, to other: (any Database)? = nil, _ listen: @escaping MoveListener = { _ in }
    ) async throws -> MoveReport {
        let snapshot = try SQLiteSnapshot(ofFileAt: path)
        defer { snapshot.close() }
        let move = Move(from: snapshot, to: other ?? target, migrations: migrations, sums: Self.sums, clock: clock)
        // A latch may hold it.
        return try await withTaskExecutorPreference(OwnThread()) { try await move.run(listen) }
    }

    /// The error that a move throws; nil when it does not.
    func refusal(_ migrations: [Migration] = all) async -> MoveError? {
        await failure { try await move(migrations) } as? MoveError
    }

    /// Changes the source.
    func change(_ statements: SQL...) async throws {
        try await file.write { tx in for statement in statements { try tx.execute(statement) } }
    }

    /// Changes the target.
    func changeTarget(_ statements: SQL...) async throws {
        try await target.write { tx in for statement in statements { try tx.execute(statement) } }
    }

    /// A few rows of every kind.
    func fill() async throws {
        try await change(
            "INSERT INTO installation (singleton, id) VALUES (1, 'here')",
            "INSERT INTO purses (number, owner, note, open) VALUES (3, 'hana', 'a \"b\" {c}, \\d', 1)",
            "INSERT INTO purses (number, owner, note) VALUES (4, NULL, '')",
            "INSERT INTO coins VALUES (3, 'left', 980, 'jpy', \([0, 1, 255] as [UInt8]))",
            "INSERT INTO coins VALUES (3, 'right', -80, 'jpy', NULL)",
            "INSERT INTO coins VALUES (4, 'left', 1250, 'usd', \([] as [UInt8]))")
    }

    /// Waits until a move into the target waits for those who look at it, for twenty seconds at most.
    func untilMoveWaits() async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let isWaiting = try await target.read { tx in
                try tx.row(
                    """
                    SELECT 1 AS one FROM pg_locks WHERE locktype = 'advisory' AND classid = 7239003 AND NOT granted
                        AND CAST(objid AS BIGINT) = CAST(hashtext(current_schema()) AS BIGINT) & 4294967295
                    """) != nil
            }
            if isWaiting { return }
            if ContinuousClock.now >= deadline { throw Latch.NeverReached() }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func count(_ table: StaticString) async throws -> Int64 {
        try await target.read { tx in
            try tx.row(SQL(unsafe: "SELECT COUNT(*) AS count FROM \(table)"))?.int("count") ?? -1
        }
    }

    /// The rows of a statement on both sides, which are to be the same.
    func both(_ statement: SQL) async throws -> (source: [[SQLValue]], target: [[SQLValue]]) {
        let here = try await file.read { tx in try tx.rows(statement).map(\.values) }
        let there = try await target.read { tx in try tx.rows(statement).map(\.values) }
        return (here, there)
    }
}
