internal import CommandWords
internal import Database
internal import JSON
internal import Kernel
internal import KessaiApp
internal import Moving
internal import PostgresDriver
internal import SQLiteDriver
private import Synchronization

/// Where `kessai migrate --from … --to …` moves from and to.
struct MovePlaces {
    let path: String
    private let url: Secret

    /// Nil when no move was asked for. Throws `UsageError`, without a word of a URL, which may hold a password.
    init?(_ arguments: Arguments) throws {
        guard arguments["--from"] != nil || arguments["--to"] != nil else { return nil }
        guard let from = arguments["--from"], let to = arguments["--to"] else {
            throw UsageError(message: "--from and --to go together: kessai \(MigrateCommand.line)")
        }
        guard !arguments.has("--status") else { throw UsageError(message: "--status does not go with --from and --to") }
        guard case .sqliteFile(let path) = try Self.place("--from", from) else {
            throw UsageError(message: "--from must be a SQLite file: --from sqlite:kessai.db")
        }
        guard case .postgresql(let url) = try Self.place("--to", to) else {
            throw UsageError(message: "--to must be PostgreSQL: --to postgresql://user@host:port/database")
        }
        self.path = path
        self.url = url
    }

    private static func place(_ option: String, _ text: String) throws -> DatabaseURL {
        do throws(DatabaseURL.Invalid) {
            return try DatabaseURL(text)
        } catch {
            throw UsageError(message: "\(option): \(error.description)")
        }
    }

    /// Moves, and tells what comes next.
    func move(isForMachines: Bool) async throws -> ExitStatus {
        guard Machine.exists(path) else { throw CommandFailure(message: "there is no database at \(path)") }
        let clock = SystemClock()
        let (lock, source) = try openSource()
        defer { withExtendedLifetime(lock) {} }
        defer { source.close() }
        let target: PostgresDatabase
        do {
            target = try PostgresDatabase(url: url.reveal(), connectionsMax: 1, clock: clock)
        } catch DatabaseError.unavailable(let reason) {
            throw UsageError(message: "--to: \(reason)")
        }
        let began = clock.now()
        let report: MoveReport
        do {
            report = try await Self.run(KessaiApp.move(from: source, to: target, clock: clock), clock: clock)
        } catch {
            await target.close()
            throw Self.told(error)
        }
        await target.close()
        let seconds = Double(max(clock.now().since(began).milliseconds, 1)) / 1000
        Terminal.write(
            isForMachines
                ? Self.json(report).text() + "\n" : Self.text(report, seconds: seconds) + nextSteps(report))
        return .success
    }

    /// The file, and the lock of whoever serves it: while we have it nobody begins to.
    private func openSource() throws -> (SQLiteServerLock, SQLiteSnapshot) {
        do {
            guard let lock = try SQLiteServerLock(ofDatabaseAt: path) else {
                throw CommandFailure(
                    message:
                        "a kessai (serve, work or demo) serves \(path), or another move reads it. Stop it first, and "
                        + "leave it stopped: what it takes in after the copy would stay behind")
            }
            return (lock, try SQLiteSnapshot(ofFileAt: path))
        } catch DatabaseError.unavailable(let reason) {
            throw CommandFailure(message: "\(path) cannot be read: \(reason)")
        }
    }

    /// The move with its bar, until it ends or somebody asks the process to end.
    private static func run(_ move: Move, clock: any WallClock) async throws -> MoveReport {
        let bar = ProgressBar()
        defer { bar.clear() }
        let isOver = Atomic(false)
        let began = clock.now()
        let listener: MoveListener = { progress in
            if isOver.load(ordering: .relaxed) { throw CancellationError() }
            let line = "\(progress.phase.rawValue)/\(MoveProgress.Phase.allCases.count) \(progress.phase.name)"
            let seconds = max(clock.now().since(began).milliseconds / 1000, 1)
            bar.show(
                "\(line) \(progress.table)", share: progress.share,
                "\(progress.rows) of \(progress.rowsTotal) rows, \(seconds) s")
        }
        return try await withThrowingTaskGroup(of: MoveReport?.self) { group in
            group.addTask { try await move.run(listener) }
            group.addTask {
                await Signals.untilAskedToEnd()
                return nil
            }
            var first = try await group.next() ?? nil
            if first == nil {
                // The next page hears of it; a commit that is under way is waited for.
                isOver.store(true, ordering: .relaxed)
                first = try await group.next() ?? nil
            }
            group.cancelAll()
            guard let first else { throw CancellationError() }
            return first
        }
    }

    private static func told(_ error: any Error) -> any Error {
        switch error {
        case let error as MoveError: CommandFailure(message: "\(error)")
        case is CancellationError:
            CommandFailure(message: "interrupted; nothing was moved, and the target waits for it: run it again")
        case DatabaseError.unavailable(let reason):
            CommandFailure(message: "a database went away or cannot be used: \(reason); nothing was moved")
        case DatabaseError.commitUnknown:
            CommandFailure(message: "the connection broke at the commit: run it again, it finds out what is there")
        case DatabaseError.conflict:
            CommandFailure(message: "somebody uses the target's tables; nothing was moved. Stop whoever serves it")
        default: error
        }
    }
}
