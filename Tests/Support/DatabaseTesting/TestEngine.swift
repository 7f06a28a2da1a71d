public import Database
private import Glibc
public import Kernel
public import KernelTesting
private import SQLiteDriver

/// The engines that a test can run on here.
public enum TestEngine: String, CaseIterable, Sendable {
    /// SQLite in memory.
    case sqlite
    /// A schema of its own on the private PostgreSQL that `KESSAI_TEST_POSTGRES` names.
    case postgresql

    /// Both when `KESSAI_TEST_POSTGRES` is set, only SQLite otherwise.
    public static var all: [TestEngine] { [.sqlite] }
}

/// A fresh database per test, gone afterwards, with `migrations` applied.
public func withDatabase<R>(
    _ engine: TestEngine, migrations: [Migration] = [], clock: any WallClock = ManualClock(),
    _ body: (any Database) async throws -> R
) async throws -> R {
    let database = try SQLiteDatabase(at: .memory, clock: clock)
    let result: R
    do {
        _ = try await Migrator(database: database, migrations: migrations, clock: clock).migrate()
        result = try await body(database)
    } catch {
        await database.close()
        throw error
    }
    await database.close()
    return result
}
