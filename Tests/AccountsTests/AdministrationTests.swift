import Accounts
import Audit
import Database
import DatabaseTesting
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

@Suite struct AdministrationTests {
    @Test(arguments: TestEngine.all) func `an added operator logs in and passes where a buyer does not`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let user = try await world.add("op@example.jp", role: .operator)
            #expect(user.role == .operator)
            let welcomed = await world.get("/api/operators", token: try await world.token("op@example.jp"))
            #expect(welcomed.status == 200)
            _ = await world.register("hana@example.jp")
            let refused = await world.get("/api/operators", token: try await world.token("hana@example.jp"))
            #expect(refused.status == 403)
            await #expect(throws: AccountsError.emailTaken) { try await world.add("OP@example.jp", role: .buyer) }
            await #expect(throws: AccountsError.self) {
                try await world.add("short@example.jp", role: .operator, password: "short")
            }
        }
    }

    @Test(arguments: TestEngine.all) func `an operator who was disabled or demoted is stopped at once`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let service = world.feature.service
            let user = try await world.add("op@example.jp", role: .operator)
            let token = try await world.token("op@example.jp")
            _ = try await service.changeRole(of: user.id, to: .buyer, actor: .cli)
            #expect(await world.get("/api/operators", token: token).status == 403)
            #expect(await world.get("/api/me", token: token).json["role"] == "buyer")
            _ = try await service.changeRole(
                of: user.id, to: .operator, newPassword: Secret(AccountsWorld.password), actor: .cli)
            #expect(await world.get("/api/operators", token: token).status == 200)
            _ = try await service.disable(user.id, actor: .cli)
            #expect(await world.get("/api/operators", token: token).status == 401)
            #expect(world.logs.lines(of: "token_refused").last?["reason"] == "operator_disabled")
            #expect(await world.login("op@example.jp").status == 401)
            let enabled = try await service.enable(user.id, actor: .cli)
            #expect(enabled.isEnabled)
            #expect(await world.get("/api/operators", token: token).status == 200)
        }
    }

    @Test func `a buyer's token outlives their account no longer than itself, and they do not see themselves`()
        async throws
    {
        try await AccountsWorld.with(.sqlite) { world in
            let user = try await world.add("hana@example.jp", role: .buyer)
            let token = try await world.token("hana@example.jp")
            _ = try await world.feature.service.disable(user.id, actor: .cli)
            #expect(try await world.feature.authenticator.principal(bearerToken: token) != nil)
            #expect(await world.get("/api/me", token: token).code == "token_not_valid")
            world.clock.advance(by: .seconds(931))
            #expect(try await world.feature.authenticator.principal(bearerToken: token) == nil)
        }
    }

    @Test(arguments: TestEngine.all) func `every change is recorded once with who made it, and nothing personal`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let service = world.feature.service
            let boss = try await world.add("boss@example.jp", role: .operator)
            let user = try await world.add("hana@example.jp", role: .buyer)
            for _ in 0..<2 {
                _ = try await service.changeRole(
                    of: user.id, to: .operator, newPassword: Secret("another long password"),
                    actor: .user(boss.id.rawValue))
            }
            for _ in 0..<2 { _ = try await service.disable(user.id, actor: .user(boss.id.rawValue)) }
            for _ in 0..<2 { _ = try await service.enable(user.id, actor: .system) }
            let entries = try await world.database.read {
                try world.audit.entries(subjectKind: "user", subjectID: user.id.rawValue, in: $0)
            }
            #expect(
                entries.map(\.action) == ["user.enabled", "user.disabled", "user.role_changed", "user.added"])
            #expect(entries.map(\.actor) == [.system, .user(boss.id.rawValue), .user(boss.id.rawValue), .cli])
            #expect(entries[2].before == ["role": "buyer"])
            #expect(entries[2].after == ["role": "operator", "password": "new"])
            let text = String(describing: entries)
            #expect(!text.contains("hana"))
        }
    }

    @Test func `a user who does not exist cannot be changed`() async throws {
        try await AccountsWorld.with(.sqlite) { world in
            let nobody = ID<User>("01a8b0a2-7c00-7000-8000-000000000001")
            let service = world.feature.service
            await #expect(throws: AccountsError.userNotFound) { try await service.disable(nobody, actor: .cli) }
            await #expect(throws: AccountsError.userNotFound) { try await service.enable(nobody, actor: .cli) }
            await #expect(throws: AccountsError.userNotFound) {
                try await service.changeRole(of: nobody, to: .operator, actor: .cli)
            }
            let found = [
                try await service.user(nobody), try await service.user(email: Secret("nobody@example.jp")),
            ]
            #expect(found == [nil, nil])
            #expect(AccountsError.userNotFound.problem.code == "user_not_found")
        }
    }

    @Test(arguments: TestEngine.all) func `a user is found by their address in any case`(engine: TestEngine)
        async throws
    {
        try await AccountsWorld.with(engine) { world in
            let user = try await world.add(" Hana@Example.jp ", role: .buyer)
            #expect(user.email.reveal() == "Hana@Example.jp")
            #expect(try await world.feature.service.user(email: Secret("hANA@eXAMPLE.JP")) == user)
            #expect(try await world.feature.service.user(user.id) == user)
        }
    }
}
