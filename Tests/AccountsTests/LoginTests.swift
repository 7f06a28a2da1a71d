import Accounts
import Audit
import Brakes
import DatabaseTesting
import Dispatch
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

@testable import Crypto

@Suite struct LoginTests {
    /// S2-AUTH-02 and S2-AUTH-04 for the roles there are: a password for a token, a token at every request.
    @Test(arguments: TestEngine.all) func `a token is a bearer's, for so long, and kept by no cache`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("hana@example.jp")
            let response = await world.login("hana@example.jp")
            #expect(response.status == 200)
            #expect(response.json["token_type"] == "Bearer")
            #expect(response.json["expires_in"] == 900)
            #expect(response.headers["Cache-Control"] == "no-store")
            let again = await world.login("hana@example.jp")
            #expect(again.json["access_token"] != response.json["access_token"])
            let token = try #require(response.json["access_token"]?.string)
            #expect(await world.get("/api/me", token: token).status == 200)
            world.clock.advance(by: .seconds(929))
            #expect(await world.get("/api/me", token: token).status == 200)
            world.clock.advance(by: .seconds(1))
            let expired = await world.get("/api/me", token: token)
            #expect(expired.status == 401)
            #expect(expired.code == "token_not_valid")
        }
    }

    @Test(arguments: TestEngine.all) func `unknown, wrong and disabled look the same`(engine: TestEngine) async throws {
        try await AccountsWorld.with(engine) { world in
            let hana = try await world.add("hana@example.jp", role: .buyer)
            let taro = try await world.add("taro@example.jp", role: .buyer)
            _ = try await world.feature.service.disable(taro.id, actor: .cli)
            let refusals = [
                await world.login("nobody@example.jp"), await world.login("hana@example.jp", password: "wrong horse"),
                await world.login("taro@example.jp"),
            ]
            for refusal in refusals {
                #expect(refusal.status == 401)
                #expect(refusal.code == "login_not_valid")
                #expect(refusal.body == refusals[0].body)
                #expect(refusal.headers == refusals[0].headers)
            }
            let lines = world.logs.lines(of: "login_refused")
            #expect(lines.map { $0["reason"] } == ["unknown", "password", "disabled"])
            #expect(lines.map { $0["user_id"] } == ["", .string(hana.id.rawValue), .string(taro.id.rawValue)])
            #expect(lines.allSatisfy { $0.level == .warning })
        }
    }

    /// No clock can prove equal time without flaking; that both wait for the same work can be.
    @Test(arguments: ["hana@example.jp", "nobody@example.jp"])
    func `an unknown address takes its turn at the hasher as a known one does`(email: String) async throws {
        let clock = ManualClock()
        let migrations = AuditSchema.migrations + BrakesSchema.migrations + AccountsFeature.migrations
        try await withDatabase(.sqlite, migrations: migrations, clock: clock) { database in
            let hasher = PasswordHasher(cost: .least, threadsMax: 1, waitingMax: 0)
            let world = AccountsWorld(database, clock: clock, hasher: hasher)
            _ = try await AccountsWorld(database, clock: clock, seed: 1).add("hana@example.jp", role: .buyer)
            let gate = DispatchSemaphore(value: 0)
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            async let busy: Void = hasher.run {
                enter.yield()
                gate.wait()
            }
            for await _ in entered { break }
            let refusal = await world.login(email, password: "wrong horse")
            gate.signal()
            try await busy
            #expect(refusal.status == 503)
            #expect(refusal.headers["Retry-After"] == "2")
            #expect(world.logs.lines(of: "request_refused").first?.level == .warning)
        }
    }

    @Test(arguments: TestEngine.all) func `a log-in raises an old hash to the present cost, once`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("hana@example.jp")
            let dearer = PasswordHasher(cost: PasswordHash.Cost(passes: 2, memoryBytes: 16 << 10))
            let raised = AccountsWorld(world.database, clock: world.clock, seed: 7, hasher: dearer)
            #expect(await raised.login("hana@example.jp", password: "wrong horse").status == 401)
            #expect(raised.logs.lines(of: "password_hash_renewed").isEmpty)
            _ = try await raised.token("hana@example.jp")
            _ = try await raised.token("hana@example.jp")
            #expect(raised.logs.lines(of: "password_hash_renewed").count == 1)
        }
    }

    /// GEN: no secret and nothing personal in any log line or answer to others.
    @Test(arguments: TestEngine.all) func `no log line has an address, a name, a password or a token`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("hana.secret@example.jp")
            _ = await world.register("HANA.secret@example.jp")
            _ = await world.register("hana.secret@example.jp", password: "short")
            _ = await world.register("hana.secret", password: "hana.secret")
            _ = await world.login("hana.secret@example.jp", password: "wrong horse battery")
            _ = await world.login("other.secret@example.jp", password: "wrong horse battery")
            let token = try await world.token("hana.secret@example.jp")
            _ = await world.get("/api/me", token: token)
            _ = await world.get("/api/me", token: token + "x")
            _ = await world.get("/api/operators", token: token)
            let text = world.logs.lines.map(\.json).joined(separator: "\n").lowercased()
            #expect(world.logs.lines.count >= 9)
            for forbidden in ["secret", "example", "花", "horse", "argon2", token.lowercased()] {
                #expect(!text.contains(forbidden), "the log has \(forbidden.prefix(12))")
            }
        }
    }

    @Test func `a user, a login and a key do not show what they hide`() async throws {
        try await AccountsWorld.with(.sqlite) { world in
            _ = await world.register("hana.secret@example.jp")
            let login = try await world.feature.service.login(
                email: Secret("hana.secret@example.jp"), password: Secret(AccountsWorld.password), log: .silent)
            var dumped = ""
            dump(login, to: &dumped)
            let key = try #require(SigningKey(seed: [UInt8](repeating: 7, count: 32)))
            dump(key, to: &dumped)
            for text in ["\(login)", String(reflecting: login), dumped, "\(key)"] {
                #expect(!text.contains("hana"))
                #expect(!text.contains(login.token.reveal()))
                #expect(!text.contains("花"))
                #expect(!text.contains("7, 7, 7"))
            }
        }
    }

    @Test func `the routes stand in the OpenAPI document with their models`() async throws {
        try await AccountsWorld.with(.sqlite) { world in
            let document = OpenAPIDocument.make(
                routes: world.feature.routes, title: "t", version: "1", description: "d")
            for path in ["/api/auth/register", "/api/auth/login", "/api/me"] {
                #expect(document["paths"]?[path] != nil)
            }
            let schemas = document["components"]?["schemas"]?.object?.names ?? []
            #expect(Set(schemas) == ["RegisterRequest", "LoginRequest", "LoginResponse", "User", "Problem"])
            #expect(document["paths"]?["/api/me"]?["get"]?["security"]?[0]?["bearer"] == [])
        }
    }
}
