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

/// Somebody else may have registered an address first: making the account an operator's takes it from them.
@Suite struct PromotionTests {
    private static let ownPassword = "the owner's own words"

    @Test(arguments: TestEngine.all) func `who becomes an operator has a new password, and a stranger nothing`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("boss@example.jp", password: "a stranger's password")
            let stranger = try await world.token("boss@example.jp", password: "a stranger's password")
            let service = world.feature.service
            let user = try #require(try await service.user(email: Secret("boss@example.jp")))
            let without = await failure { try await service.changeRole(of: user.id, to: .operator, actor: .cli) }
            #expect(without as? AccountsError == .passwordNeeded)
            let short = await failure {
                try await service.changeRole(of: user.id, to: .operator, newPassword: Secret("short"), actor: .cli)
            }
            #expect((short as? AccountsError)?.problem.fields.first?.field == "password")
            #expect(try await service.user(user.id)?.role == .buyer)
            // Failed log-ins of the stranger do not keep the new operator out either.
            for _ in 0..<10 { _ = await world.login("boss@example.jp", password: "a wrong password") }
            let changed = try await service.changeRole(
                of: user.id, to: .operator, newPassword: Secret(Self.ownPassword), actor: .cli)
            #expect(changed.role == .operator)
            #expect(await world.login("boss@example.jp", password: "a stranger's password").status == 401)
            #expect(await world.get("/api/operators", token: stranger).status == 403)
            let boss = try await world.token("boss@example.jp", password: Self.ownPassword)
            #expect(await world.get("/api/operators", token: boss).status == 200)
            let entries = try await world.database.read {
                try world.audit.entries(subjectKind: "user", subjectID: user.id.rawValue, in: $0)
            }
            #expect(entries.map(\.action) == ["user.role_changed"])
            #expect(entries.first?.after == ["role": "operator", "password": "new"])
        }
    }

    @Test(arguments: TestEngine.all) func `a token from before the password was set anew is no operator's`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let user = try await world.add("boss@example.jp", role: .operator)
            let old = try await world.token("boss@example.jp")
            world.clock.advance(by: .seconds(5))
            let service = world.feature.service
            _ = try await service.changeRole(of: user.id, to: .buyer, actor: .cli)
            #expect(await world.get("/api/operators", token: old).status == 403)
            _ = try await service.changeRole(
                of: user.id, to: .operator, newPassword: Secret(Self.ownPassword), actor: .cli)
            #expect(await world.get("/api/operators", token: old).status == 401)
            #expect(world.logs.lines(of: "token_refused").last?["reason"] == "password_changed")
            let new = try await world.token("boss@example.jp", password: Self.ownPassword)
            #expect(await world.get("/api/operators", token: new).status == 200)
        }
    }

    @Test(arguments: TestEngine.all) func `a repeat changes nothing, the password neither`(engine: TestEngine)
        async throws
    {
        try await AccountsWorld.with(engine) { world in
            let user = try await world.add("boss@example.jp", role: .operator)
            let repeated = try await world.feature.service.changeRole(
                of: user.id, to: .operator, newPassword: Secret(Self.ownPassword), actor: .cli)
            #expect(repeated == user)
            _ = try await world.token("boss@example.jp")
        }
    }

    @Test(arguments: TestEngine.all) func `a password that is set anew ends the old one, and the trail keeps it`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let user = try await world.add("boss@example.jp", role: .operator)
            let old = try await world.token("boss@example.jp")
            world.clock.advance(by: .seconds(5))
            let service = world.feature.service
            let short = await failure {
                try await service.setPassword(of: user.id, to: Secret("short"), actor: .cli)
            }
            #expect((short as? AccountsError)?.problem.fields.first?.field == "password")
            try await service.setPassword(of: user.id, to: Secret(Self.ownPassword), actor: .cli)
            #expect(await world.get("/api/operators", token: old).status == 401)
            #expect(await world.login("boss@example.jp").status == 401)
            _ = try await world.token("boss@example.jp", password: Self.ownPassword)
            let entries = try await world.database.read {
                try world.audit.entries(subjectKind: "user", subjectID: user.id.rawValue, in: $0)
            }
            #expect(entries.map(\.action) == ["user.password_set", "user.added"])
            let nobody = await failure {
                try await service.setPassword(of: ID("nobody"), to: Secret(Self.ownPassword), actor: .cli)
            }
            #expect(nobody as? AccountsError == .userNotFound)
        }
    }

    @Test(arguments: TestEngine.all) func `users are listed newest first, by role, and never all at once`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            for (index, role) in [Role.buyer, .operator, .buyer, .operator].enumerated() {
                world.clock.advance(by: .seconds(1))
                _ = try await world.add("user\(index)@example.jp", role: role)
            }
            let service = world.feature.service
            func names(_ role: Role?, _ limit: Int) async throws -> [String] {
                try await service.users(role: role, limit: limit).map { String($0.email.reveal().prefix(5)) }
            }
            let lists = [
                try await names(nil, 100), try await names(.operator, 100), try await names(.buyer, 1),
                try await names(nil, 0),
            ]
            #expect(lists == [["user3", "user2", "user1", "user0"], ["user3", "user1"], ["user2"], ["user3"]])
        }
    }
}
