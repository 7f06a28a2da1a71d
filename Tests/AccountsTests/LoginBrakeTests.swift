import Accounts
import Audit
import Brakes
import Database
import DatabaseTesting
import Dispatch
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

@testable import Crypto

/// Guessing passwords gets slow, and tells nothing.
@Suite struct LoginBrakeTests {
    private func fail(_ times: Int, _ email: String, _ world: AccountsWorld) async {
        for _ in 0..<times {
            let response = await world.login(email, password: "wrong horse battery")
            #expect(response.status == 401)
        }
    }

    @Test(arguments: TestEngine.all) func `ten failures close an address for the rest of 15 minutes, known or not`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("hana@example.jp")
            _ = await world.register("taro@example.jp")
            for email in ["hana@example.jp", "nobody@example.jp"] {
                await fail(4, email, world)
                await fail(6, email.uppercased(), world)
            }
            world.clock.advance(by: .milliseconds(60_500))
            let known = await world.login("hana@example.jp")
            let unknown = await world.login("nobody@example.jp")
            #expect(known.status == 429)
            #expect(known.code == "too_many_attempts")
            #expect(known.headers["Retry-After"] == "840")
            #expect(known.headers["Content-Type"] == "application/problem+json")
            #expect(unknown.body == known.body)
            #expect(unknown.headers == known.headers)
            #expect(await world.login("taro@example.jp").status == 200)
            let lines = world.logs.lines(of: "login_braked")
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { $0.level == .warning })
            // What was refused meanwhile has not made it longer.
            world.clock.advance(by: .milliseconds(839_400))
            #expect(await world.login("hana@example.jp").headers["Retry-After"] == "1")
            world.clock.advance(by: .milliseconds(100))
            #expect(await world.login("hana@example.jp").status == 200)
            await fail(10, "nobody@example.jp", world)
            #expect(await world.login("nobody@example.jp").status == 429)
        }
    }

    @Test(arguments: TestEngine.all) func `a log-in that succeeds forgets the failures`(engine: TestEngine) async throws
    {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("hana@example.jp")
            for _ in 0..<3 {
                await fail(9, "hana@example.jp", world)
                _ = try await world.token("hana@example.jp")
            }
            let left = try await world.database.read {
                try $0.row("SELECT COUNT(*) AS n FROM failure_counts")?.int("n")
            }
            #expect(left == 0)
        }
    }

    @Test(arguments: TestEngine.all) func `all nodes count together, and a disabled account counts as any`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let user = try await world.add("hana@example.jp", role: .buyer)
            _ = try await world.feature.service.disable(user.id, actor: .cli)
            let other = AccountsWorld(world.database, clock: world.clock, seed: 7)
            for node in [world, other] {
                for _ in 0..<5 { #expect(await node.login("hana@example.jp").status == 401) }
            }
            #expect(await other.login("hana@example.jp").status == 429)
        }
    }

    /// As an unknown address takes its turn at the hasher, a busy hasher shows who is let through to it.
    @Test func `a refused log-in hashes nothing`() async throws {
        try await AccountsWorld.with(.sqlite) { world in
            _ = await world.register("hana@example.jp")
            await fail(10, "hana@example.jp", world)
            let hasher = PasswordHasher(cost: .least, threadsMax: 1, waitingMax: 0)
            let busyWorld = AccountsWorld(world.database, clock: world.clock, seed: 7, hasher: hasher)
            let gate = DispatchSemaphore(value: 0)
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            async let busy: Void = hasher.run {
                enter.yield()
                gate.wait()
            }
            for await _ in entered { break }
            let braked = await busyWorld.login("hana@example.jp")
            let hashed = await busyWorld.login("taro@example.jp")
            gate.signal()
            try await busy
            #expect(braked.status == 429)
            #expect(hashed.status == 503)
        }
    }

    @Test(arguments: TestEngine.all) func `counts whose time is over are cleared away, others not, and hold no address`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            await fail(1, "old@example.jp", world)
            world.clock.advance(by: .seconds(600))
            await fail(1, "new@example.jp", world)
            world.clock.advance(by: .seconds(300))
            for _ in 0..<2 { try await FailureBrake.prune(world.database, at: world.clock.now()) }
            let rows = try await world.database.read {
                try $0.rows("SELECT subject_hash, failures FROM failure_counts")
                    .map { (try $0.text("subject_hash"), try $0.int("failures")) }
            }
            #expect(rows.map(\.1) == [1])
            #expect(rows.first?.0.count == 64)
        }
    }
}
