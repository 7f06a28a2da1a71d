internal import Crypto
internal import CurlTransport
internal import Database
internal import Kernel
internal import KessaiApp
internal import Mail
internal import MailFolder
internal import PostgresDriver
internal import SQLiteDriver

/// Opens what the settings name: the only place that knows the drivers.
enum Opening {
    /// The database of the settings.
    static func database(_ settings: Settings, clock: any WallClock) throws -> any Database {
        switch try DatabaseURL(settings.databaseURL.reveal()) {
        case .sqliteFile(let path): try SQLiteDatabase(at: .file(path: path), clock: clock)
        case .sqliteMemory: try SQLiteDatabase(at: .memory, clock: clock)
        case .postgresql(let url):
            try PostgresDatabase(url: url.reveal(), connectionsMax: settings.databaseConnectionsMax, clock: clock)
        }
    }

    /// The sender of mails: a folder.
    static func mailer(_ settings: Settings, clock: any WallClock) throws -> any Mailer {
        guard let sender = MailSender(settings.mailFrom) else {
            throw UsageError(message: "MAIL_FROM must be an address, or Name <address>")
        }
        return MailFolder(directory: settings.mailFolder, sender: sender, clock: clock)
    }

    /// The whole application of the settings.
    static func application(
        _ settings: Settings, database: any Database, log: Log, clock: any WallClock
    ) async throws -> (app: KessaiApp, transport: CurlTransport) {
        let transport = try CurlTransport(log: log)
        let app = try await KessaiApp.make(
            KessaiApp.Parts(
                settings: settings, database: database, transport: transport,
                mailer: try mailer(settings, clock: clock), hasher: PasswordHasher(), clock: clock,
                random: SystemRandomSource(), log: log))
        return (app, transport)
    }
}
