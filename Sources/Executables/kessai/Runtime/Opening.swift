internal import CommandWords
internal import Crypto
internal import CurlTransport
internal import Database
internal import Kernel
internal import KessaiApp
internal import Mail
internal import MailFolder
internal import Moving
internal import PostgresDriver
internal import SQLiteDriver

/// Opens what the settings name: the only place that knows the drivers.
enum Opening {
    /// What a database is opened for.
    enum Purpose {
        /// To use what is there: nothing is made where nothing is.
        case use
        /// To make it, or bring it up to date.
        case make
        /// To make, fill and serve it in this one process; only then memory is of use.
        case demo
    }

    /// How long a short command waits for a lock, each of the six times that PostgreSQL's driver tries, in milliseconds:
    /// rows are locked for moments, and a move for minutes.
    private static let commandLockTimeoutMs = 500

    /// The database for a short command, which does not wait until a move into it is done. Throws
    /// `DatabaseError.schemaMismatch` when one is under way, and what `database` throws.
    static func commandDatabase(_ settings: Settings, clock: any WallClock) async throws -> any Database {
        let database = try database(
            settings, clock: clock, limits: PostgresLimits(lockTimeoutMs: commandLockTimeoutMs))
        do {
            try await MovingSchema.requireNoneUnderWay(in: database)
        } catch {
            await database.close()
            throw error
        }
        return database
    }

    /// The database of the settings. Throws `UsageError` for memory that would end with the command,
    /// `DatabaseError.schemaMismatch` when a file is to be used that is not there, and what the drivers throw.
    ///
    /// Who has not the lock of a SQLite file (`isServed`) leaves its log to the one who has.
    static func database(
        _ settings: Settings, for purpose: Purpose = .use, clock: any WallClock, log: Log? = nil,
        limits: PostgresLimits = PostgresLimits(), isServed: Bool = false
    ) throws -> any Database {
        switch try DatabaseURL(settings.databaseURL.reveal()) {
        case .sqliteFile(let path):
            try requireThere(path, for: purpose)
            return try SQLiteDatabase(at: .file(path: path), copiesLog: isServed, clock: clock)
        case .sqliteMemory:
            guard purpose == .demo else { throw UsageError(message: "DATABASE_URL: \(memoryEnds)") }
            return try SQLiteDatabase(at: .memory, clock: clock)
        case .postgresql(let url):
            return try PostgresDatabase(
                url: url.reveal(), listenURL: settings.databaseListenURL?.reveal(),
                connectionsMax: settings.databaseConnectionsMax, limits: limits, clock: clock, log: log)
        }
    }

    /// The same for a process that serves it: of one SQLite file there may be one such process, and the lock says so
    /// until it is let go. Throws `CommandFailure` when another process has it.
    static func servedDatabase(
        _ settings: Settings, for purpose: Purpose = .use, clock: any WallClock, log: Log? = nil
    ) throws -> (database: any Database, lock: SQLiteServerLock?) {
        guard case .sqliteFile(let path) = try DatabaseURL(settings.databaseURL.reveal()) else {
            return (try database(settings, for: purpose, clock: clock, log: log), nil)
        }
        try requireThere(path, for: purpose)
        guard let lock = try SQLiteServerLock(ofDatabaseAt: path) else {
            throw CommandFailure(
                message: "another kessai has \(path) open (serve, work, demo or a move), and a SQLite file has one "
                    + "such process. Stop it, or set DATABASE_URL to another file, or to PostgreSQL for several processes"
            )
        }
        return (try database(settings, for: purpose, clock: clock, isServed: true), lock)
    }

    /// Why memory is no database to serve from.
    static let memoryEnds =
        "sqlite::memory: ends with each command, so what `kessai migrate` makes is gone; only `kessai demo` can use it. "
        + "Name a file (sqlite:kessai.db) or PostgreSQL"

    private static func requireThere(_ path: String, for purpose: Purpose) throws {
        guard purpose == .use, !Machine.exists(path) else { return }
        throw DatabaseError.schemaMismatch("there is no database at \(path) yet; run `kessai migrate`")
    }

    /// The sender of mails: a folder.
    static func mailer(_ settings: Settings, clock: any WallClock) throws -> any Mailer {
        guard let sender = MailSender(settings.mailFrom) else {
            throw UsageError(message: "MAIL_FROM must be an address, or Name <address>")
        }
        return MailFolder(directory: settings.mailFolder, sender: sender, clock: clock)
    }

    /// The whole application of the settings, and the pages that somebody brings beside it. A database that was moved into
    /// is in use from then on, unless a short command says otherwise; who has the lock of a SQLite file serves it alone.
    static func application(
        _ settings: Settings, database: any Database, log: Log, clock: any WallClock,
        guests: [KessaiApp.GuestPages] = [], takesIntoUse: Bool = true, lock: SQLiteServerLock? = nil
    ) async throws -> (app: KessaiApp, transport: CurlTransport) {
        // Stripe's calls are the only ones: more than it takes from one account in a second, should it need that long for each.
        let transport = try CurlTransport(connectionsMax: 256, connectionsPerHostMax: 256, log: log)
        var parts = KessaiApp.Parts(
            settings: settings, database: database, transport: transport, mailer: try mailer(settings, clock: clock),
            hasher: PasswordHasher(), clock: clock, random: SystemRandomSource(), log: log)
        parts.guests = guests
        parts.takesIntoUse = takesIntoUse
        parts.isAlone = lock != nil
        if let drill = settings.drill { parts.failpoints = Failpoints(drill.failpoints, kill: Drill.endProcess) }
        let app = try await KessaiApp.make(parts)
        return (app, transport)
    }
}
