internal import CommandWords
internal import CurlTransport
internal import Database
internal import Jobs
internal import Kernel
internal import KessaiApp

/// `kessai work`: runs jobs, without answering requests.
struct WorkCommand: Command {
    static let name = "work"
    static let summary = "run jobs only; any number of these may share a PostgreSQL"
    static let details = """
        A SQLite file has one server process: with `serve` on it, `serve` runs the jobs.
        SIGTERM lets the jobs under way end, gives back the rest, then stops.
        """

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let (settings, warnings) = try Machine.settings()
        let clock = Drill.clock(settings)
        let writer = LogWriter()
        let log = writer.log(clock: clock, minimum: settings.logLevel)
        defer { writer.flush() }
        log.tell(warnings)
        let (database, lock) = try Opening.servedDatabase(settings, clock: clock, log: log)
        defer { withExtendedLifetime(lock) {} }
        let (app, transport) = try await Opening.application(
            settings, database: database, log: log, clock: clock, lock: lock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await app.jobs.run() }
            await Signals.untilAskedToEnd()
            app.jobs.stop()
            try await group.waitForAll()
        }
        await database.close()
        transport.close()
        return .success
    }
}
