internal import Crypto
internal import Database
internal import HTTP
internal import Identity
internal import JSON
internal import Jobs
internal import Kernel
internal import KessaiApp
internal import Mail
internal import SQLiteDriver

/// A migrated database with its people and goods, made once and copied for every history.
public final class Template: Sendable {
    static let password = "a long enough password"
    static let hasher = PasswordHasher(cost: .least, threadsMax: 0)

    private let database: SQLiteDatabase
    /// What histories are played on.
    let copies: SQLiteCopies
    let environment: [String: String]
    let madeAt: Timestamp
    /// The kinds of the application's jobs.
    let jobKinds: [String]

    /// Makes it, for the features and with a planted change of the schema. Throws `DatabaseError`.
    init(_ features: [any SimulatedFeature.Type], mutation: Mutation?) async throws {
        madeAt = Timestamp(epochMs: 1_795_233_600_000)
        let clock = SimulatedClock(madeAt)
        database = try SQLiteDatabase(at: .memory, execution: .inline, clock: clock)
        copies = SQLiteCopies(of: database)
        var environment = [
            "DATABASE_URL": "sqlite::memory:", "STRIPE_SECRET_KEY": SimulatedWorld.stripeKey,
            "STRIPE_WEBHOOK_SECRET": SimulatedWorld.webhookSecret.reveal(), "PUBLIC_URL": SimulatedWorld.origin,
            // Everybody comes from one address, and faster than the simulated clock says.
            "RATE_LIMITS": "off",
        ]
        for feature in features { environment.merge(feature.environment) { $1 } }
        self.environment = environment
        try await Self.migrate(database, at: madeAt, mutation)
        var reader = SettingsReader(file: .null, environment: environment)
        let app = try await KessaiApp.make(
            KessaiApp.Parts(
                settings: try reader.read().settings, database: database, transport: NoTransport(),
                mailer: NoMailer(), hasher: Self.hasher, clock: clock, random: Chance(1, of: "template"), log: .silent)
        )
        jobKinds = app.jobs.kinds
        for feature in features { try await feature.prepare(app) }
    }

    /// Every step of the schema; a planted change is made to the text, and the step stands as if it had run unchanged.
    private static func migrate(_ database: SQLiteDatabase, at madeAt: Timestamp, _ mutation: Mutation?) async throws {
        let migrator = Migrator(database: database, migrations: KessaiApp.migrations, clock: SimulatedClock(madeAt))
        guard let change = mutation?.changeSchema else {
            _ = try await migrator.migrate()
            return
        }
        try await database.write { tx in
            try tx.execute(
                """
                CREATE TABLE schema_migrations (id TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL,
                    position BIGINT NOT NULL, applied_at_ms BIGINT NOT NULL)
                """)
            for (position, migration) in KessaiApp.migrations.enumerated() {
                for statement in migration.sqlite { try tx.execute(SQL(unsafe: change(statement))) }
                try tx.execute(
                    """
                    INSERT INTO schema_migrations (id, checksum, position, applied_at_ms)
                    VALUES (\(migration.id), \(migration.checksum(.sqlite)), \(position), \(madeAt))
                    """)
            }
        }
    }
}

private struct NoTransport: HTTPTransport {
    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        throw .notSent(reason: "nobody is there yet")
    }
}

private struct NoMailer: Mailer {
    func send(_ mail: Mail) async throws { throw MailerError.unavailable(reason: "nobody is there yet") }
}
