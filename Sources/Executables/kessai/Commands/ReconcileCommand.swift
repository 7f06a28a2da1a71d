internal import CommandWords
internal import CurlTransport
internal import Database
internal import JSON
internal import Kernel
internal import KessaiApp
internal import Payments

/// `kessai reconcile`: finds and heals what the events missed, and says whether Stripe and the database agree.
struct ReconcileCommand: Command {
    static let name = "reconcile"
    static let synopsis = "[--since S] [--until U] [--dry-run] [--json]"
    static let summary = "heal from Stripe's objects and events, and draw up a statement"
    static let details = """
        S and U are RFC 3339 in UTC or how long ago: 90m, 48h, 30d. By default the last 48 hours. --dry-run changes
        nothing, here or at Stripe. Safe to repeat, to interrupt, and to run on several nodes: one does it at a time.
        Intents that are to be canceled are left to the jobs of `serve` and `work`.
        Exit status: 0 no difference, 1 a difference or a failure, 2 wrong usage.
        """
    static let flags: Set<String> = ["--dry-run", "--json"]
    static let options: Set<String> = ["--since", "--until"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let settings = try Machine.settings().settings
        let clock = Drill.clock(settings)
        let period = ReconciliationPeriod(since: arguments["--since"], until: arguments["--until"], at: clock.now())
        guard let period else {
            throw UsageError(
                message: "--since and --until must be times such as 2026-11-20T00:00:00Z or 48h, in this order")
        }
        let writer = LogWriter()
        // A person sees the bar; warnings and errors are for them too.
        let log = writer.log(clock: clock, minimum: Terminal.isInteractive ? .warning : settings.logLevel)
        defer { writer.flush() }
        let database = try Opening.database(settings, clock: clock)
        let (app, transport) = try await Opening.application(
            settings, database: database, log: log, clock: clock, takesIntoUse: !arguments.has("--dry-run"))
        let statement: ReconciliationStatement
        do {
            statement = try await Self.run(app, period, isDryRun: arguments.has("--dry-run"), clock: clock)
        } catch let error as ReconciliationUnderWay {
            let until = error.until.map { "; if it was ended hard, its lease ends \($0)" } ?? ""
            throw CommandFailure(message: "another reconciliation is under way\(until)")
        } catch is CancellationError {
            throw CommandFailure(message: "interrupted; what was healed stays, run it again")
        }
        await database.close()
        transport.close()
        Terminal.write(arguments.has("--json") ? try statement.json().text() + "\n" : statement.table)
        return statement.isBalanced ? .success : .failure
    }

    /// The run, with its bar, until it ends or somebody asks the process to end.
    private static func run(
        _ app: KessaiApp, _ period: ReconciliationPeriod, isDryRun: Bool, clock: any WallClock
    ) async throws -> ReconciliationStatement {
        let bar = ProgressBar()
        defer { bar.clear() }
        let began = clock.now()
        return try await withThrowingTaskGroup(of: ReconciliationStatement?.self) { group in
            group.addTask {
                try await app.reconciliation.run(period, isDryRun: isDryRun) { progress in
                    let seconds = max(clock.now().since(began).milliseconds, 1)
                    bar.show(
                        "\(progress.phaseNumber)/\(progress.phaseCount) \(progress.phase)", share: progress.share,
                        "\(progress.objects) objects, \(progress.objects * 1000 / seconds)/s")
                }
            }
            group.addTask {
                await Signals.untilAskedToEnd()
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            guard let first else {
                // Lets the run give back its lease.
                _ = try? await group.next()  // It ends with the cancellation that was asked for.
                throw CancellationError()
            }
            return first
        }
    }
}
