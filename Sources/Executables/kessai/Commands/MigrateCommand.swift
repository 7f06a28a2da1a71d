internal import Database
internal import Kernel
internal import KessaiApp

/// `kessai migrate`: brings the schema up to the program's.
struct MigrateCommand: Command {
    static let name = "migrate"
    static let synopsis = "[--status]"
    static let summary = "bring the database's schema up to this program's"
    static let details = """
        Safe to run again, and by several nodes at once. --status only tells; it exits with 1 when steps wait.
        """
    static let flags: Set<String> = ["--status"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try Opening.database(
            settings, for: arguments.has("--status") ? .use : .make, clock: clock)
        let migrator = Migrator(database: database, migrations: KessaiApp.migrations, clock: clock)
        var status = ExitStatus.success
        if arguments.has("--status") {
            let found = try await migrator.status()
            for id in found.applied { Terminal.write("done     \(id)\n") }
            for id in found.pending { Terminal.write("waiting  \(id)\n") }
            for id in found.newer { Terminal.write("newer    \(id)\n") }
            if !found.pending.isEmpty { status = .failure }
        } else {
            for id in try await migrator.migrate() { Terminal.write("done  \(id)\n") }
            Terminal.write("the schema is current\n")
        }
        await database.close()
        return status
    }
}
