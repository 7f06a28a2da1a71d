public import Kernel

/// Brings a schema up to the program's, and tells how they compare.
public struct Migrator: Sendable {
    private let database: any Database
    private let migrations: [Migration]
    private let clock: any WallClock

    /// Where a schema stands.
    public struct Status: Sendable, Equatable {
        /// Steps that have run, in the order they ran.
        public let applied: [String]
        /// Steps that wait, in the order they will run.
        public let pending: [String]
        /// Steps of a newer program that have run, in the order they ran. Steps only add, so that this program can
        /// serve on while the others of a rolling upgrade go ahead.
        public let newer: [String]
    }

    /// The steps of all features, in the order of their dependencies.
    public init(database: any Database, migrations: [Migration], clock: any WallClock) {
        self.database = database
        self.migrations = migrations
        self.clock = clock
    }

    /// Compares without changing anything. Throws `DatabaseError.schemaMismatch` when a step that ran was edited
    /// since, or is not known to this program and not newer than its own steps either.
    public func status() async throws -> Status {
        let migrations = migrations
        return try await database.read { tx in try Self.status(of: migrations, in: tx) }
    }

    /// The same within a transaction.
    public static func status(of migrations: [Migration], in tx: Transaction) throws -> Status {
        guard try tableExists(tx) else {
            return Status(applied: [], pending: migrations.map(\.id), newer: [])
        }
        return try compare(tx, migrations)
    }

    /// Throws `DatabaseError.schemaMismatch` unless every step has run. Newer steps may have run too.
    @discardableResult
    public func requireCurrent() async throws -> Status {
        let status = try await status()
        if !status.pending.isEmpty {
            throw DatabaseError.schemaMismatch(
                "the database lacks \(status.pending.count) migrations (first: \(status.pending[0])); "
                    + "run `kessai migrate`")
        }
        return status
    }

    /// Runs what waits, each step in a transaction of its own; safe when several nodes do it at once.
    /// Returns the steps that this call ran.
    public func migrate() async throws -> [String] {
        try requireDistinctIDs()
        try await database.write { tx in
            try Self.takeTurn(tx)
            for statement in Self.ownTable.statements(tx.dialect) { try tx.execute(SQL(unsafe: statement)) }
        }
        var ran: [String] = []
        for (position, migration) in migrations.enumerated() {
            let now = clock.now()
            let migrations = migrations
            let didRun = try await database.write { tx -> Bool in
                try Self.takeTurn(tx)
                let status = try Self.compare(tx, migrations)
                guard status.pending.contains(migration.id) else { return false }
                for statement in migration.statements(tx.dialect) { try tx.execute(SQL(unsafe: statement)) }
                try tx.execute(
                    """
                    INSERT INTO schema_migrations (id, checksum, position, applied_at_ms)
                    VALUES (\(migration.id), \(migration.checksum(tx.dialect)), \(position), \(now))
                    """)
                return true
            }
            if didRun { ran.append(migration.id) }
        }
        return ran
    }

    private static let ownTable = Migration(
        "schema_migrations",
        [
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                id TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, position BIGINT NOT NULL,
                applied_at_ms BIGINT NOT NULL)
            """
        ])

    /// One migrator at a time for each schema. A step may take, and wait for a turn, as long as it needs.
    private static func takeTurn(_ tx: Transaction) throws {
        guard tx.dialect == .postgresql else { return }
        try tx.execute("SET LOCAL statement_timeout = 0")
        try tx.execute("SET LOCAL lock_timeout = 0")
        try tx.execute("SELECT pg_advisory_xact_lock(7239001, hashtext(current_schema()))")
    }

    private func requireDistinctIDs() throws {
        var seen: Set<String> = []
        for migration in migrations where !seen.insert(migration.id).inserted {
            throw DatabaseError.schemaMismatch("two migrations have the id \(migration.id)")
        }
    }

    private static func compare(_ tx: Transaction, _ migrations: [Migration]) throws -> Status {
        var applied: [String] = []
        var newer: [String] = []
        for row in try tx.rows("SELECT id, checksum FROM schema_migrations ORDER BY applied_at_ms, position, id") {
            let id = try row.text("id")
            guard let migration = migrations.first(where: { $0.id == id }) else {
                guard isNewer(id, than: migrations) else {
                    throw DatabaseError.schemaMismatch("the database is another program's: it has \(id)")
                }
                newer.append(id)
                continue
            }
            guard try row.text("checksum") == migration.checksum(tx.dialect) else {
                throw DatabaseError.schemaMismatch("the migration \(id) was edited after it had run")
            }
            applied.append(id)
        }
        return Status(
            applied: applied, pending: migrations.map(\.id).filter { !applied.contains($0) }, newer: newer)
    }

    /// Whether an unknown step comes after every known one of its feature (`feature/0001_what`), or is of a feature
    /// that this program does not have.
    private static func isNewer(_ id: String, than migrations: [Migration]) -> Bool {
        let (feature, step) = parts(id)
        let known = migrations.map { parts($0.id) }.filter { $0.feature == feature }
        return known.allSatisfy { $0.step < step }
    }

    private static func parts(_ id: String) -> (feature: Substring, step: Substring) {
        let feature = id.prefix { $0 != "/" }
        return (feature, id.dropFirst(feature.count + 1).prefix(4))
    }

    private static func tableExists(_ tx: Transaction) throws -> Bool {
        switch tx.dialect {
        case .sqlite:
            return try tx.row("SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'")
                != nil
        case .postgresql:
            // The search path may name a schema of somebody else's after our own.
            return try tx.row(
                """
                SELECT 1 AS one WHERE to_regclass(quote_ident(current_schema()) || '.schema_migrations') IS NOT NULL
                """) != nil
        }
    }
}
