public import Database
public import Kernel
public import KernelTesting
private import PostgresDriver
private import SQLiteDriver

/// Runs `body` on a database of its own with `migrations` applied: SQLite in memory, or a fresh schema of the private
/// PostgreSQL. It is gone afterwards. Throws what `body` throws, and `PostgresMissing` where there is no server.
public func withDatabase<R>(
    _ engine: TestEngine, migrations: [Migration] = [], clock: any WallClock = ManualClock(),
    _ body: (any Database) async throws -> R
) async throws -> R {
    switch engine {
    case .sqlite:
        return try await using(SQLiteDatabase(at: .memory, clock: clock), migrations, clock, body)
    case .postgresql:
        guard let url = TestEngine.postgresURL else { throw PostgresMissing() }
        return try await turnstile.pass { try await inSchema(of: url, migrations, clock, body) }
    }
}

/// Connections that a test's database opens at most.
private let connectionsMax = 3

/// Schemas that are in use at once.
private let turnstile = Turnstile(12)

/// Makes a schema, runs `body` with it as the search path, and drops it whatever happened.
private func inSchema<R>(
    of url: String, _ migrations: [Migration], _ clock: any WallClock, _ body: (any Database) async throws -> R
) async throws -> R {
    let name = "t_" + SystemRandomSource().alphanumerics(16).lowercased()
    let administrator = try PostgresDatabase(url: url, connectionsMax: 1, clock: clock)
    try await administrator.write { tx in
        try tx.execute(SQL(unsafe: "CREATE SCHEMA \(name)"))
        return ()
    }
    let separator = url.contains("?") ? "&" : "?"
    let result: Result<R, any Error>
    do {
        let database = try PostgresDatabase(
            url: url + separator + "options=-c%20search_path%3D\(name)", connectionsMax: connectionsMax, clock: clock)
        result = .success(try await using(database, migrations, clock, body))
    } catch {
        result = .failure(error)
    }
    try await administrator.write { tx in
        try tx.execute(SQL(unsafe: "DROP SCHEMA \(name) CASCADE"))
        return ()
    }
    await administrator.close()
    return try result.get()
}

/// Migrates, runs `body`, and closes whatever happened, also when the task was cancelled.
private func using<R>(
    _ database: any Database, _ migrations: [Migration], _ clock: any WallClock,
    _ body: (any Database) async throws -> R
) async throws -> R {
    let result: R
    do {
        if !migrations.isEmpty {
            _ = try await Migrator(database: database, migrations: migrations, clock: clock).migrate()
        }
        result = try await body(database)
    } catch {
        await database.close()
        throw error
    }
    await database.close()
    return result
}
