import Accounts
import Audit
import Brakes
import Crypto
import Database
import DatabaseTesting
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Synchronization
import Testing

/// Accounts behind a router in this process, with a clock moved by hand.
struct AccountsWorld {
    static let issuer = "https://kessai.example"
    static let password = "correct horse battery"

    let database: any Database
    let clock: ManualClock
    let logs = LogRecorder()
    let ids: IDGenerator
    let audit: AuditTrail
    let feature: AccountsFeature
    let router: Router

    init(
        _ database: any Database, clock: ManualClock, seed: UInt64 = 42,
        hasher: PasswordHasher = PasswordHasher(cost: .least, threadsMax: 2, waitingMax: 100),
        onRegistered: @escaping AccountsService.RegistrationHook = { _, _ in }
    ) {
        self.database = database
        self.clock = clock
        let random = SeededRandom(seed)
        ids = IDGenerator(clock: clock, random: random)
        audit = AuditTrail(clock: clock, ids: ids)
        feature = AccountsFeature(
            database: database, issuer: Self.issuer, hasher: hasher, audit: audit, clock: clock, ids: ids,
            random: random, log: logs.log(clock: clock), onRegistered: onRegistered)
        let operatorsOnly = Route(
            "GET", "/api/operators", "For operators", tag: "Test", access: .roles([.operator]), answers: []
        ) { _ in .text("welcome") }
        router = Router(
            routes: feature.routes + [operatorsOnly], authenticator: feature.authenticator,
            log: logs.log(clock: clock))
    }

    /// Runs `body` with a fresh database.
    static func with(_ engine: TestEngine, _ body: (AccountsWorld) async throws -> Void) async throws {
        let clock = ManualClock()
        let migrations = AuditSchema.migrations + BrakesSchema.migrations + AccountsFeature.migrations
        try await withDatabase(engine, migrations: migrations, clock: clock) { database in
            try await body(AccountsWorld(database, clock: clock))
        }
    }

    func post(_ path: String, _ body: JSONValue) async -> HTTPResponse {
        await router.respond(
            to: HTTPRequest("POST", path, headers: ["Content-Type": "application/json"], body: body.bytes()))
    }

    func get(_ path: String, token: String) async -> HTTPResponse {
        await router.respond(to: HTTPRequest("GET", path, headers: ["Authorization": "Bearer \(token)"]))
    }

    func register(_ email: String, password: String = password) async -> HTTPResponse {
        await post("/api/auth/register", ["email": .string(email), "password": .string(password), "name": "花"])
    }

    func login(_ email: String, password: String = password) async -> HTTPResponse {
        await post("/api/auth/login", ["email": .string(email), "password": .string(password)])
    }

    /// The token of somebody who logs in, which must succeed.
    func token(_ email: String, password: String = password) async throws -> String {
        let response = await login(email, password: password)
        #expect(response.status == 200)
        return try #require(response.json["access_token"]?.string)
    }

    /// A user of a role, by the service.
    func add(_ email: String, role: Role, password: String = password) async throws -> User {
        try await feature.service.addUser(
            email: Secret(email), password: Secret(password), name: nil, role: role, actor: .cli)
    }
}

extension HTTPResponse {
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }  // No JSON is as wrong as null to every test.
    var code: String? { json["code"]?.string }
}
