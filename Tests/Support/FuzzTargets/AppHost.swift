private import Accounts
private import Audit
internal import Crypto
private import Database
private import DevicePages
internal import HTTP
private import Identity
internal import JSON
internal import Kernel
internal import KernelTesting
internal import KessaiApp
internal import Mail
internal import SQLiteDriver
private import Shop
internal import StripeSandbox

/// The whole application with its sandbox on a database in memory, with somebody logged in of every kind.
struct AppHost: Sendable {
    static let origin = "https://kessai.test"
    static let webhookSecret = Secret("whsec_test_0123456789abcdef")
    /// Where its clock stands, for ever.
    static let start = Timestamp(epochSeconds: 1_795_233_600)

    let app: KessaiApp
    /// What `{buyer}`, `{operator}` and the others stand for in a request.
    let words: [String: String]

    /// A fresh one.
    static func make() async throws -> AppHost {
        let clock = ManualClock(start)
        let database = try SQLiteDatabase(at: .memory, execution: .inline, clock: clock)
        _ = try await Migrator(database: database, migrations: KessaiApp.migrations, clock: clock).migrate()
        var options = StripeSandboxOptions()
        options.secretKeys = [Secret("sk_test_kessai")]
        let sandbox = StripeSandbox(clock: clock, random: SeededRandom(1), log: .silent, options: options)
        var reader = SettingsReader(
            file: .null,
            environment: [
                "DATABASE_URL": "sqlite::memory:", "STRIPE_SECRET_KEY": "sk_test_kessai", "PUBLIC_URL": origin,
                "STRIPE_WEBHOOK_SECRET": webhookSecret.reveal(), "PASSES_LICENSE_PRICE": "4800",
                "RATE_LIMITS": "off", "CORS_ORIGINS": "https://shop.test",
                "PASSES_DAYPASS_PRICES": "0:120,1:240", "PASSES_RETURN_URLS": "timekeeper://purchase",
            ])
        var parts = KessaiApp.Parts(
            settings: try reader.read().settings, database: database,
            transport: SandboxTransport(hosts: [Settings.stripeOwnBase: sandbox], clock: clock), mailer: NoMail(),
            hasher: PasswordHasher(cost: .least), clock: clock, random: SeededRandom(2), log: .silent,
            stripeRetriesMax: 0)
        parts.guests = [
            KessaiApp.GuestPages(path: DevicePages.path, summary: "The device") { api in
                DevicePages(
                    publicURL: origin, payURL: Settings.stripeOwnBase, idPrefix: "demo-", api: api,
                    random: SeededRandom(3)
                ).routes
            }
        ]
        let app = try await KessaiApp.make(parts)
        var words: [String: String] = [:]
        for role in [Role.buyer, .operator] {
            words[role.rawValue] = try await Self.person(role.rawValue, role: role, app)
        }
        _ = try await app.products.importAll(
            [
                Product(
                    id: "sencha", name: "煎茶", description: "", unitAmount: Money(980, .jpy), stock: 1_000_000,
                    active: true)
            ], by: .cli)
        let order = await app.router.respond(
            to: HTTPRequest(
                "POST", "/api/orders",
                headers: [
                    "Content-Type": "application/json", "Authorization": "Bearer \(words["buyer"] ?? "")",
                ], body: Array(#"{"items":[{"product_id":"sencha","quantity":2}]}"#.utf8)))
        words["order"] = try JSONValue(parsing: order.body)["id"]?.string ?? ""
        return AppHost(app: app, words: words)
    }

    /// Registers somebody and logs them in. Returns their token.
    private static func person(_ name: String, role: Role, _ app: KessaiApp) async throws -> String {
        let email = Secret("\(name)@kessai.test")
        _ = try await app.accounts.addUser(
            email: email, password: Secret("a password of some length"), name: nil, role: role, actor: .cli)
        let body: JSONValue = ["email": .string(email.reveal()), "password": "a password of some length"]
        let answer = await app.router.respond(
            to: HTTPRequest(
                "POST", "/api/auth/login", headers: ["Content-Type": "application/json"], body: body.bytes()))
        return try JSONValue(parsing: answer.body)["access_token"]?.string ?? ""
    }
}

/// Where mails go that nobody reads.
private struct NoMail: Mailer {
    func send(_ mail: Mail) async throws {}
}
