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
        throw PostgresMissing()
    }
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
