internal import Accounts
internal import Audit
internal import CommandWords
internal import CurlTransport
internal import Database
internal import DevicePages
internal import HTTPServer
internal import Identity
internal import JSON
internal import Jobs
internal import Kernel
internal import KessaiApp
internal import SQLiteDriver
internal import Shop
internal import StripeSandbox

/// The demo's world: where things are, and who may log in.
struct DemoWorld: Sendable {
    /// An account of the demo.
    struct Login: Sendable {
        let role: String
        let email: String
        let password: String
    }

    let url: String
    let stripeURL: String
    let webhookSecret: String
    let secretKey: String
    let publishableKey: String
    let mailFolder: String
    let logins: [Login]
    let database: any Database
    let transport: CurlTransport
    let clock: any WallClock
    let random: any RandomSource

    var buyer: Login { logins[0] }
}

/// Starts the sandbox and the application, and stops them.
struct DemoHost {
    let port: UInt16
    let stripePort: UInt16
    let data: String
    /// Whether the folder holds nothing but demos.
    let isOwnFolder: Bool
    let clock: any WallClock
    let random: any RandomSource

    private static let logins = [
        DemoWorld.Login(role: "buyer", email: "buyer@example.com", password: "buyer-demo-password"),
        DemoWorld.Login(role: "operator", email: "operator@example.com", password: "operator-demo-password"),
    ]

    func run(_ body: (DemoWorld) async throws -> ExitStatus) async throws -> ExitStatus {
        let writer = LogWriter()
        // The transcript is the demo's output; the log shows only what went wrong.
        let log = writer.log(clock: clock, minimum: Log.Level(name: Machine.environment["LOG_LEVEL"] ?? "") ?? .error)
        defer { writer.flush() }
        let (database, lock) = try await openDatabase()
        defer { withExtendedLifetime(lock) {} }
        try Machine.makeFolder(data)
        let (front, stripeFront) = (LateHandler(), LateHandler())
        let stripeServer = try listen(stripePort, option: "--stripe-port", serving: stripeFront, log: log)
        let server = try listen(port, option: "--port", serving: front, log: log)
        let settings = try settings(port: server.port, stripePort: stripeServer.port)
        let sandbox = sandbox(settings, stripePort: stripeServer.port, log: log)
        stripeFront.serve(sandbox)
        _ = try await Migrator(database: database, migrations: KessaiApp.migrations, clock: clock).migrate()
        let (app, transport) = try await Opening.application(
            settings, database: database, log: log, clock: clock, guests: [devicePages(settings)], lock: lock)
        try await DemoData.load(into: app, logins: Self.logins)
        front.serve(app.handler)
        let world = DemoWorld(
            url: settings.publicURL, stripeURL: settings.stripeAPIBase,
            webhookSecret: settings.stripeWebhookSecrets[0].reveal(), secretKey: settings.stripeSecretKey.reveal(),
            publishableKey: settings.stripePublishableKey, mailFolder: settings.mailFolder, logins: Self.logins,
            database: database, transport: transport, clock: clock, random: random)
        let status = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await app.jobs.run() }
            group.addTask {
                do { try await sandbox.run(via: transport) } catch is CancellationError {
                    // The demo is over.
                }
            }
            let status = try await body(world)
            app.jobs.stop()
            await server.drain(within: .seconds(10))
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
            return status
        }
        await stripeServer.drain(within: .seconds(2))
        await database.close()
        transport.close()
        return status
    }

    /// The database, which must be empty or a demo's; nothing is written before that is known.
    private func openDatabase() async throws -> (database: any Database, lock: SQLiteServerLock?) {
        let url = Machine.environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
        let settings = try self.settings(port: 0, stripePort: 0)
        if url == nil, isOwnFolder { return try Opening.servedDatabase(settings, for: .demo, clock: clock) }
        let served = try Opening.servedDatabase(settings, for: .demo, clock: clock)
        do {
            try await DemoGuard.requireOnlyDemo(in: served.database, logins: Self.logins, clock: clock)
        } catch {
            await served.database.close()
            throw error
        }
        return served
    }

    private func listen(_ port: UInt16, option: String, serving handler: LateHandler, log: Log) throws -> HTTPServer {
        try Listening.start(
            host: "127.0.0.1", port: port, chosenWith: option, handler: handler, random: random, log: log)
    }

    private func settings(port: UInt16, stripePort: UInt16) throws -> Settings {
        var environment = ["DATABASE_URL": "sqlite:\(data)/kessai.db"]
        if let url = Machine.environment["DATABASE_URL"], !url.isEmpty { environment["DATABASE_URL"] = url }
        environment["PORT"] = String(port)
        environment["PUBLIC_URL"] = "http://127.0.0.1:\(port)"
        environment["STRIPE_API_BASE"] = "http://127.0.0.1:\(stripePort)"
        environment["STRIPE_SECRET_KEY"] = "sk_test_kessai"
        environment["STRIPE_PUBLISHABLE_KEY"] = "pk_test_kessai"
        environment["STRIPE_WEBHOOK_SECRET"] = "whsec_" + random.alphanumerics(32)
        // Whoever tries it comes from one address, scripts and all.
        environment["RATE_LIMITS"] = "off"
        environment["MAIL_FOLDER"] = "\(data)/mail"
        environment["PASSES_LICENSE_PRICE"] = "4800"
        environment["PASSES_DAYPASS_PRICES"] = "0:120,3:240,10:480"
        environment["PASSES_TIME_ZONE"] = "Asia/Tokyo"
        environment["PASSES_RETURN_URLS"] = "http://127.0.0.1:\(port)\(DevicePages.returnPath),timekeeper://purchase"
        var reader = SettingsReader(file: .null, environment: environment)
        return try reader.read().settings
    }

    /// The page that plays the app. Only the demo has it: real devices have the app itself.
    private func devicePages(_ settings: Settings) -> KessaiApp.GuestPages {
        KessaiApp.GuestPages(
            path: DevicePages.path, summary: "Timekeeper の端末 / a device of the Timekeeper app"
        ) { [random] api in
            DevicePages(
                publicURL: settings.publicURL, payURL: settings.stripeAPIBase, idPrefix: DemoData.devicePrefix,
                api: api, random: random
            ).routes
        }
    }

    private func sandbox(_ settings: Settings, stripePort: UInt16, log: Log) -> StripeSandbox {
        var options = StripeSandboxOptions()
        options.publicURL = "http://127.0.0.1:\(stripePort)"
        options.webhook = .init(
            url: settings.publicURL + "/api/webhook/stripe/", secret: settings.stripeWebhookSecrets[0])
        // A demo's retries should be seen within minutes.
        options.retrySpeed = 60
        return StripeSandbox(clock: clock, random: random, log: log, options: options)
    }
}
