internal import Crypto
public import Database
public import DatabaseTesting
public import HTTP
public import JSON
internal import Jobs
public import Kernel
public import KernelTesting
public import KessaiApp
internal import Mail
public import StripeSandbox
internal import Synchronization
internal import Testing

/// The whole system in one process (S3-ARCH-03): the application, the Stripe sandbox, a database, a hand-moved
/// clock. No sockets, no sleeps; the seed fixes every random choice.
public struct World: Sendable {
    /// Where the application is for the sandbox.
    public static let origin = "https://kessai.test"
    /// The secret of the webhooks.
    public static let webhookSecret = Secret("whsec_test_0123456789abcdef")

    /// The application.
    public let app: KessaiApp
    /// Stripe.
    public let sandbox: StripeSandbox
    /// The database.
    public let database: any Database
    /// Time.
    public let clock: ManualClock
    /// What was logged.
    public let logs: LogRecorder
    /// What was mailed.
    public let mailbox: Mailbox
    /// How the application reaches Stripe; a test may use it as the buyer's client.
    public let stripe: SandboxTransport
    /// What the application's OpenAPI document promises, and what of it was met.
    public let contract: Contract
    private let delivery: SandboxTransport
    private let requests = RequestCounter()

    /// What may differ from one world to another.
    public struct Options: Sendable {
        /// Changes to the settings, by name.
        public var environment: [String: String] = [:]
        /// The shape of the events that the sandbox sends.
        public var eventVersion: String?
        /// How often the application repeats a call to Stripe within one request.
        public var stripeRetriesMax = 0
        /// What stands between the application and Stripe; nil is nothing.
        public var changingStripe: (@Sendable (SandboxTransport) -> any HTTPTransport)?
        /// Pages beside the application's own.
        public var guests: [KessaiApp.GuestPages] = []
        /// Where the application would end its process.
        public var failpoints: Failpoints?

        /// The usual world.
        public init() {}
    }

    /// Runs `body` in a fresh world on an engine.
    public static func run(
        on engine: TestEngine, _ options: Options = Options(), _ body: (World) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        try await withDatabase(engine, migrations: KessaiApp.migrations, clock: clock) { database in
            try await body(try await make(database: database, clock: clock, options: options))
        }
    }

    /// A world on a database that is there; a second one on the same database is a second node.
    public static func make(
        database: any Database, clock: ManualClock, options: Options = Options(), sandbox known: StripeSandbox? = nil,
        seed: UInt64 = 42, takesIntoUse: Bool = true, isAlone: Bool = false
    ) async throws -> World {
        let logs = LogRecorder()
        let log = logs.log(clock: clock)
        var sandboxOptions = StripeSandboxOptions()
        sandboxOptions.secretKeys = [Secret("sk_test_kessai"), Secret("sk_test_rolled")]
        sandboxOptions.webhook = .init(
            url: origin + "/api/webhook/stripe/", secret: webhookSecret, apiVersion: options.eventVersion)
        let sandbox =
            known
            ?? StripeSandbox(clock: clock, random: SeededRandom(seed &+ 1), log: .silent, options: sandboxOptions)
        let stripe = SandboxTransport(hosts: [Settings.stripeOwnBase: sandbox], clock: clock)
        var environment = [
            "DATABASE_URL": "sqlite::memory:", "STRIPE_SECRET_KEY": "sk_test_kessai",
            "STRIPE_WEBHOOK_SECRET": webhookSecret.reveal(), "PUBLIC_URL": origin,
            // Everybody comes from one address, and the clock stands still.
            "RATE_LIMITS": "off",
        ]
        environment.merge(options.environment) { $1 }
        var reader = SettingsReader(file: .null, environment: environment)
        let mailbox = Mailbox()
        var parts = KessaiApp.Parts(
            settings: try reader.read().settings, database: database,
            transport: options.changingStripe?(stripe) ?? stripe, mailer: mailbox,
            hasher: PasswordHasher(cost: .least), clock: clock, random: SeededRandom(seed), log: log,
            stripeRetriesMax: options.stripeRetriesMax)
        parts.guests = options.guests
        parts.failpoints = options.failpoints
        parts.takesIntoUse = takesIntoUse
        parts.isAlone = isAlone
        let app = try await KessaiApp.make(parts)
        let document = await app.router.respond(to: HTTPRequest("GET", "/openapi.json"))
        return World(
            app: app, sandbox: sandbox, database: database, clock: clock, logs: logs, mailbox: mailbox,
            stripe: stripe, contract: Contract(document: try JSONValue(parsing: document.body)),
            delivery: SandboxTransport(hosts: [origin: app.edge], clock: clock))
    }

    /// Another node on the same database and the same Stripe.
    public func anotherNode(seed: UInt64 = 4711) async throws -> World {
        try await World.make(database: database, clock: clock, sandbox: sandbox, seed: seed)
    }

    /// Lets Stripe send every event that is due; returns how many deliveries there were.
    @discardableResult
    public func deliver() async -> Int { await sandbox.deliverDue(via: delivery) }

    /// Runs every job that is due.
    @discardableResult
    public func work() async throws -> Int { try await app.jobs.runDue() }

    /// Sends a request to the application.
    public func send(
        _ method: String, _ path: String, token: String? = nil, key: String? = nil, body: JSONValue? = nil
    ) async -> Reply {
        var headers: HTTPHeaders = [:]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        if let key { headers["Idempotency-Key"] = key }
        if body != nil { headers["Content-Type"] = "application/json" }
        return await send(HTTPRequest(method, path, headers: headers, body: body?.bytes() ?? []))
    }

    /// Sends a request as it is, through admission as a server would, and holds the answer against the contract.
    public func send(_ request: HTTPRequest) async -> Reply {
        var request = request
        request.head.requestID = request.head.headers["X-Request-Id"] ?? requests.next()
        var response: HTTPResponse
        switch app.edge.admit(request.head) {
        case .refuse(let refusal): response = refusal
        case .accept: response = await app.edge.respond(to: request)
        }
        do {
            response = try await response.collected(bytesMax: 16 << 20)
        } catch {
            Issue.record("the answer broke off: \(error)")
        }
        for fault in contract.faults(of: response, to: request.head) {
            Issue.record("the contract: \(fault)")
        }
        return Reply(response)
    }
}

/// Names the requests of a world, as a server would.
private final class RequestCounter: Sendable {
    private let count = Mutex(0)

    func next() -> String {
        count.withLock { count in
            count += 1
            return "req_test_\(count)"
        }
    }
}

/// An answer of the application.
public struct Reply: Sendable {
    /// The status.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    /// The body, where it is JSON.
    public let json: JSONValue
    /// The body.
    public let body: [UInt8]

    init(_ response: HTTPResponse) {
        status = response.status
        headers = response.headers
        body = response.body
        // A body that is not JSON reads as null; a test that expects members then fails.
        json = (try? JSONValue(parsing: response.body)) ?? .null
    }

    /// The member of the body.
    public subscript(_ name: String) -> JSONValue? { json[name] }
    /// The problem's code.
    public var code: String? { json["code"]?.string }
}
