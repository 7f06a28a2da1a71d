internal import CommandWords
internal import Database
internal import Kernel
internal import KessaiApp
internal import Moving

/// `kessai migrate`: brings the schema up to the program's, or moves a whole installation to PostgreSQL.
struct MigrateCommand: Command {
    static let name = "migrate"
    static let synopsis = "[--status] | --from sqlite:PATH --to postgresql://… [--json]"
    static let summary = "bring the database's schema up to this program's, or move it to PostgreSQL"
    static let details = """
        Safe to run again, and by several nodes at once. --status only tells, also of a move into the database; it exits
        with 1 when steps wait, or when a move is not done.

        --from and --to copy all of a SQLite file, which no server has open, into an empty PostgreSQL database (or a
        schema of its own), and compare every row that is read back. It is done as a whole or not at all, and the file
        is not changed. Repeated, it goes on where it was interrupted, or brings the target to the file's state again,
        until somebody serves or writes the target. --json prints the report for machines. A password need not stand in
        the URL: PGPASSWORD and ~/.pgpass are read.
        Exit status: 0 done, 1 refused or failed, 2 wrong usage.
        """
    static let flags: Set<String> = ["--status", "--json"]
    static let options: Set<String> = ["--from", "--to"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        if let places = try MovePlaces(arguments) {
            return try await places.move(isForMachines: arguments.has("--json"))
        }
        if arguments.has("--json") { throw UsageError(message: "--json goes with --from and --to") }
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try Opening.database(
            settings, for: arguments.has("--status") ? .use : .make, clock: clock)
        let migrator = Migrator(database: database, migrations: KessaiApp.migrations, clock: clock)
        let move = try await MoveState.of(database)
        var status = ExitStatus.success
        if arguments.has("--status") {
            let found = try await migrator.status()
            for id in found.applied { Terminal.write("done     \(id)\n") }
            for id in found.pending { Terminal.write("waiting  \(id)\n") }
            for id in found.newer { Terminal.write("newer    \(id)\n") }
            if move != .none { Terminal.write("move     \(move.words)\n") }
            if !found.pending.isEmpty || move.isUnderWay { status = .failure }
        } else {
            // Steps wait for the locks of a move, which may hold them for minutes.
            if case .running = move { try move.requireNotUnderWay() }
            for id in try await migrator.migrate() { Terminal.write("done  \(id)\n") }
            Terminal.write("the schema is current\n")
            if move.isUnderWay { Terminal.write("\(move.words)\n") }
        }
        await database.close()
        return status
    }
}
