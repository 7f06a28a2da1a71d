public import Accounts
internal import AdminPages
internal import Audit
internal import Brakes
public import Crypto
public import Database
internal import Edge
public import HTTP
internal import Idempotency
public import Jobs
public import Kernel
public import Mail
internal import Metrics
internal import Moving
internal import Notifications
internal import Passes
public import Payments
public import Shop
internal import StripeClient
internal import WebPages

/// The whole application, put together from its parts: the one composition root.
///
/// It opens nothing and starts nothing: the executable and the tests bring the database, the transport and the clock,
/// serve ``router`` and run ``jobs``.
public struct KessaiApp: Sendable {
    /// The program's version.
    public static let version = "0.1.0"

    /// What the application stands on.
    public struct Parts: Sendable {
        /// The configuration.
        public var settings: Settings
        /// The database; its schema must be current.
        public var database: any Database
        /// How vendors are reached.
        public var transport: any HTTPTransport
        /// How mail leaves.
        public var mailer: any Mailer
        /// How passwords are hashed.
        public var hasher: PasswordHasher
        /// The clock.
        public var clock: any WallClock
        /// Randomness, fit for secrets.
        public var random: any RandomSource
        /// The log.
        public var log: Log
        /// How the job runner runs.
        public var jobOptions: JobRunnerOptions
        /// How often a call to Stripe is repeated within one request; 0 to 5. Each repeat sleeps by the clock.
        public var stripeRetriesMax: Int
        /// Pages beside the application's own; none unless somebody brings them, as the demo does.
        public var guests: [GuestPages] = []
        /// Where the process ends itself; nowhere unless a drill says so.
        public var failpoints: Failpoints?
        /// Whether a database that was moved into is in use from now on, so that no repeat of the move replaces it: so for
        /// whoever serves, works or heals. A short command leaves that open.
        public var takesIntoUse = true
        /// Whether no other process serves the database, as on a SQLite file under its server's lock: then requests that
        /// were under way when the last one ended are not waited for.
        public var isAlone = false

        /// All parts.
        public init(
            settings: Settings, database: any Database, transport: any HTTPTransport, mailer: any Mailer,
            hasher: PasswordHasher, clock: any WallClock, random: any RandomSource, log: Log,
            jobOptions: JobRunnerOptions = .init(), stripeRetriesMax: Int = 2
        ) {
            self.settings = settings
            self.database = database
            self.transport = transport
            self.mailer = mailer
            self.hasher = hasher
            self.clock = clock
            self.random = random
            self.log = log
            self.jobOptions = jobOptions
            self.stripeRetriesMax = stripeRetriesMax
        }
    }

    /// Pages that stand on the API and are no part of it.
    public struct GuestPages: Sendable {
        /// The page that the start page links.
        public var path: String
        /// What it is, in a few words.
        public var summary: String
        /// Their routes over the API's own router.
        public var routes: @Sendable (_ api: any HTTPHandler) -> [Route]

        /// Pages at a path.
        public init(
            path: String, summary: String, routes: @escaping @Sendable (_ api: any HTTPHandler) -> [Route]
        ) {
            self.path = path
            self.summary = summary
            self.routes = routes
        }
    }

    /// Every step of the schema, in the order of their dependencies.
    public static let migrations: [Migration] =
        JobsSchema.migrations + AuditSchema.migrations + IdempotencySchema.migrations + BrakesSchema.migrations
        + AccountsFeature.migrations + PaymentsFeature.migrations + ShopFeature.migrations + PassesFeature.migrations
        + MovingSchema.migrations

    /// Every route.
    public let router: Router
    /// Serves every request: what stands before the router, and the router.
    public let edge: any HTTPHandler
    /// What a server is given: the edge, or in a drill the edge with its failpoints.
    public let handler: any HTTPHandler
    /// Runs jobs and schedules.
    public let jobs: JobRunner
    /// Accounts, for the command line.
    public let accounts: AccountsService
    /// Products, for the command line.
    public let products: ProductService
    /// Reconciliation with Stripe, for the command line.
    public let reconciliation: Reconciliation

    /// Puts the application together. Throws `DatabaseError` when the schema is not current, a move into the database is
    /// not done, or the database is away, and ``SettingsError`` when a failpoint waits for what is never done.
    public static func make(_ parts: Parts) async throws -> KessaiApp {
        let parts = parts.failpoints?.installed(in: parts) ?? parts
        let (database, clock) = (parts.database, parts.clock)
        let schema = try await Migrator(database: database, migrations: migrations, clock: clock).requireCurrent()
        if let last = schema.newer.last {
            parts.log.warning(
                "schema_newer", ["steps": .int(Int64(schema.newer.count)), "last": .string(last)])
        }
        let ids = IDGenerator(clock: clock, random: parts.random)
        let (now, fresh, takesIntoUse, isAlone) = (clock.now(), ids.uuid(), parts.takesIntoUse, parts.isAlone)
        let installation = try await database.write { tx in
            if takesIntoUse {
                try MovingSchema.takeIntoUse(at: now, in: tx)
            } else {
                try MovingSchema.requireNoneUnderWay(in: tx)
            }
            if isAlone { try AbandonedKeys.free(in: tx) }
            return try Installation.load(in: tx, orMake: fresh)
        }
        let app = KessaiApp(parts, ids: ids, installation: installation)
        try parts.failpoints?.require(routes: app.router.routes, kinds: app.jobs.kinds)
        return app
    }

    private init(_ parts: Parts, ids: IDGenerator, installation: Installation) {
        let (settings, database, clock, random, log) = (
            parts.settings, parts.database, parts.clock, parts.random, parts.log
        )
        let audit = AuditTrail(clock: clock, ids: ids)
        let queue = JobQueue(clock: clock, ids: ids)
        let addresses = UserMailAddresses()
        let notifications = NotificationsFeature(
            database: database, queue: queue, clock: clock, ids: ids, mailer: parts.mailer)
        func stripe(through transport: any HTTPTransport) -> StripeGateway {
            StripeGateway(
                client: StripeClient(
                    configuration: StripeConfiguration(
                        secretKey: settings.stripeSecretKey, apiBase: settings.stripeAPIBase,
                        retriesMax: parts.stripeRetriesMax),
                    transport: transport, clock: clock, random: random, log: log),
                webhookSecrets: settings.stripeWebhookSecrets, clock: clock)
        }
        let passesConfiguration = PassesConfiguration(settings)
        let payments = PaymentsFeature(
            PaymentsFeature.Parts(
                database: database, stripe: stripe(through: parts.transport),
                pacedStripe: stripe(through: PacedTransport(parts.transport, clock: clock)),
                installation: installation,
                fulfilments: [
                    ShopFulfilment(notifications: notifications.notifications, addresses: addresses, clock: clock),
                    PassesFulfilment(configuration: passesConfiguration, queue: queue, clock: clock),
                ],
                addresses: addresses, users: AccountDirectory(), queue: queue, audit: audit, clock: clock, ids: ids,
                log: log,
                publishableKey: settings.stripePublishableKey.isEmpty ? nil : settings.stripePublishableKey))
        let createCustomer = payments.createCustomerLater
        let early = settings.customerCreation == .registration
        let accounts = AccountsFeature(
            database: database, issuer: settings.publicURL, hasher: parts.hasher, audit: audit, clock: clock,
            ids: ids, random: random, log: log,
            onRegistered: { user, tx in if early { try createCustomer(user.id.rawValue, tx) } })
        products = ProductService(database: database, audit: audit, clock: clock)
        let shop = ShopFeature(database: database, products: products, orders: payments.orders, ids: ids)
        let passes = PassesFeature(
            database: database, payments: payments, configuration: passesConfiguration, clock: clock, random: random,
            log: log)
        let housekeeping = Housekeeping(
            keys: accounts.signingKeys, database: database, clock: clock,
            answers: PruneIdempotencyKeys(database: database, clock: clock))
        let (load, requests) = (LoadGate(clock: clock), RequestMetrics())
        let metrics = MetricsRoutes(
            token: settings.edge.metricsToken, database: database, clock: clock, requests: requests, load: load)
        let migrator = Migrator(database: database, migrations: Self.migrations, clock: clock)
        let listed =
            accounts.routes + shop.routes + passes.routes + payments.routes
            + AdministrationRoutes(database: database, clock: clock).routes
            + HealthRoutes(migrator: migrator).routes + metrics.routes
        self.accounts = accounts.service
        reconciliation = payments.reconciliation
        jobs = JobRunner(
            database: database, clock: clock, random: random, ids: ids, log: log,
            definitions: notifications.jobs + payments.jobs + passes.jobs + [housekeeping.definition],
            schedules: payments.schedules + [housekeeping.schedule], options: parts.jobOptions)
        func router(_ routes: [Route], behind gate: RateGate? = nil) -> Router {
            Router(
                routes: routes, authenticator: DatabaseFaultsAuthenticator(inner: accounts.authenticator, log: log),
                middleware: (gate.map { [$0] } ?? []) + [
                    RequestLog(clock: clock), DatabaseFaults(),
                    IdempotencyMiddleware(database: database, clock: clock, ids: ids),
                ], log: log)
        }
        // What pages ask of the API was counted when the page was asked for.
        let api = router(listed)
        let gate = RateGate(settings, metrics: requests, clock: clock, random: random, log: log)
        let admin = AdminPages(publicURL: settings.publicURL, api: api, ids: ids)
        let whole = router(
            listed + admin.routes + parts.guests.flatMap { $0.routes(api) }
                + PageRoutes.routes(
                    describing: listed, guests: parts.guests.map { ($0.path, $0.summary) }, version: Self.version),
            behind: gate)
        self.router = whole
        let edge = Edge(
            router: whole, rates: gate, origins: CORSPolicy(settings), load: load, metrics: requests, clock: clock)
        self.edge = edge
        handler = parts.failpoints?.installed(in: edge, router: whole) ?? edge
    }
}
