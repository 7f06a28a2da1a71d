public import Database
public import Kernel
public import KernelTesting
private import SQLiteDriver

/// Runs `body` on a database of its own with `migrations` applied: SQLite in memory, or a fresh schema of the private
/// PostgreSQL. It is gone afterwards. Throws what `body` throws, and `PostgresMissing` where there is no server.
@discardableResult
public func withDatabase<R>(
    _ engine: TestEngine, migrations: [Migration] = [], clock: any WallClock = ManualClock(),
    _ body: (any Database) async throws -> R
) async throws -> R {
    switch engine {
    case .sqlite:
        return try await using(SQLiteDatabase(at: .memory, clock: clock), migrations, clock, body)
    case .postgresql:
        return try await turnstile.pass {
            let schema = try TestSchema()
            let outcome: Result<R, any Error>
            do {
                let database = try schema.open(clock: clock)
                outcome = .success(
                    try await using(database, migrations, clock) { database in
                        try await body(database)
                    } prepare: {
                        try await schema.create(database)
                    })
            } catch {
                outcome = .failure(error)
            }
            await schema.drop(clock: clock)
            return try outcome.get()
        }
    }
}

/// Schemas that are in use at once.
private let turnstile = Turnstile(12)

/// Migrates, runs `body`, and closes whatever happened.
private func using<R>(
    _ database: any Database, _ migrations: [Migration], _ clock: any WallClock,
    _ body: (any Database) async throws -> R, prepare: () async throws -> Void = {}
) async throws -> R {
    do {
        try await prepare()
        if !migrations.isEmpty {
            _ = try await Migrator(database: database, migrations: migrations, clock: clock).migrate()
        }
        let result = try await body(database)
        await database.close()
        return result
    } catch {
        await database.close()
        throw error
    }
}
