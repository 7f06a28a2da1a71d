import Audit
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

@testable import Accounts

@Suite struct SigningKeysTests {
    @Test(arguments: TestEngine.all) func `nodes that start together make one key between them`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            let names = try await withThrowingTaskGroup(of: String.self) { group in
                for seed in 0..<8 {
                    let node = SigningKeys(
                        database: world.database, clock: world.clock, random: SeededRandom(UInt64(seed)))
                    group.addTask { try await node.signing().keyID }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(names.count == 1)
            #expect(try await Self.count(world) == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `every node proves what any node signed`(engine: TestEngine) async throws {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("hana@example.jp")
            let other = AccountsWorld(world.database, clock: world.clock, seed: 7)
            let third = AccountsWorld(world.database, clock: world.clock, seed: 8)
            let token = try await world.token("hana@example.jp")
            #expect(await other.get("/api/me", token: token).status == 200)
            // After a month another node makes the next key, and those who know the old one learn it.
            world.clock.advance(by: .seconds(30 * 86_400))
            let next = try await third.token("hana@example.jp")
            for node in [world, other, third] { #expect(await node.get("/api/me", token: next).status == 200) }
            #expect(try await Self.count(world) == 2)
        }
    }

    @Test(arguments: TestEngine.all) func `a retired key proves its last tokens, then it is deleted`(
        engine: TestEngine
    ) async throws {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("hana@example.jp")
            let keys = world.feature.signingKeys
            let first = try await keys.signing()
            world.clock.advance(by: .seconds(30 * 86_400 - 1))
            let last = try await world.token("hana@example.jp")
            #expect(try await keys.signing().keyID == first.keyID)
            world.clock.advance(by: .seconds(1))
            #expect(try await keys.rotate() == SigningKeys.Rotation(deleted: 0, kept: 2))
            let second = try await keys.signing()
            #expect(second.generation == 2)
            world.clock.advance(by: .seconds(600))
            #expect(await world.get("/api/me", token: last).status == 200)
            // A token could have lived for a day; a minute more for the clocks.
            world.clock.advance(by: .seconds(86_400 + 60 - 600))
            #expect(try await keys.rotate() == SigningKeys.Rotation(deleted: 0, kept: 2))
            world.clock.advance(by: .milliseconds(1))
            #expect(try await keys.rotate() == SigningKeys.Rotation(deleted: 1, kept: 1))
            #expect(try await keys.rotate() == SigningKeys.Rotation(deleted: 0, kept: 1))
            #expect(try await keys.key(named: first.keyID) == nil)
        }
    }

    @Test func `a stolen old key makes no new tokens`() async throws {
        try await AccountsWorld.with(.sqlite) { world in
            let user = try await world.add("hana@example.jp", role: .buyer)
            let stolen = try await world.feature.signingKeys.signing()
            world.clock.advance(by: .seconds(30 * 86_400 + 31))
            let now = world.clock.now().epochSeconds
            let claims = AccessClaims(
                issuer: AccountsWorld.issuer, subject: user.id, role: .buyer, issuedAtSeconds: now,
                expiresAtSeconds: now + 900, tokenID: "t")
            let token = JSONWebToken.sign(claims, keyID: stolen.keyID, key: stolen.key)
            #expect(try await world.feature.authenticator.principal(bearerToken: token) == nil)
            #expect(world.logs.lines(of: "token_refused").last?["reason"] == "key_retired")
        }
    }

    @Test func `a flood of unknown keys is bounded, and good tokens pass through it`() async throws {
        try await AccountsWorld.with(.sqlite) { world in
            _ = await world.register("hana@example.jp")
            let good = try await world.token("hana@example.jp")
            let key = try #require(SigningKey(seed: [UInt8](repeating: 3, count: 32)))
            let now = world.clock.now().epochSeconds
            let claims = AccessClaims(
                issuer: AccountsWorld.issuer, subject: ID("01a8b0a2-7c00-7000-8000-000000000009"), role: .operator,
                issuedAtSeconds: now, expiresAtSeconds: now + 900, tokenID: "t")
            let unknown = JSONWebToken.sign(claims, keyID: SigningKeyID.of(key), key: key)
            var statuses: [Int: Int] = [:]
            for _ in 0..<25 { statuses[await world.get("/api/me", token: unknown).status, default: 0] += 1 }
            #expect(statuses == [401: 20, 503: 5])
            #expect(await world.get("/api/me", token: good).status == 200)
            world.clock.advance(by: .seconds(1))
            #expect(await world.get("/api/me", token: unknown).status == 401)
            // A clock that was set back does not shut the door for good.
            for _ in 0..<25 { _ = await world.get("/api/me", token: unknown) }
            world.clock.advance(by: .seconds(-3600))
            #expect(try await world.feature.signingKeys.key(named: SigningKeyID.of(key)) == nil)
        }
    }

    @Test(arguments: TestEngine.all)
    func `after a restart many who come at once share one look at the keys`(engine: TestEngine) async throws {
        try await AccountsWorld.with(engine) { world in
            _ = await world.register("hana@example.jp")
            let token = try await world.token("hana@example.jp")
            let slow = SlowDatabase(world.database)
            let keys = SigningKeys(database: slow, clock: world.clock, random: SeededRandom(9))
            let name = try await world.feature.signingKeys.signing().keyID
            slow.wait { keys.waitingCount(for: name) == 99 }
            let found = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await keys.key(named: name)?.keyID }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(found == Array(repeating: name, count: 100))
            #expect(slow.reads == 1)
            // Through the whole door, too.
            let node = AccountsWorld(world.database, clock: world.clock, seed: 7)
            let statuses = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<100 { group.addTask { await node.get("/api/me", token: token).status } }
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(statuses == [200])
        }
    }

    @Test func `who waits for another's look hears of its failure, and asks anew when it was only given up`()
        async throws
    {
        try await AccountsWorld.with(.sqlite) { world in
            let name = try await world.feature.signingKeys.signing().keyID
            for (failure, isTold) in [
                (DatabaseError.unavailable(reason: "gone") as any Error, true), (CancellationError(), false),
            ] {
                let slow = SlowDatabase(world.database, firstFailure: failure)
                let keys = SigningKeys(database: slow, clock: world.clock, random: SeededRandom(9))
                slow.wait { keys.waitingCount(for: name) == 1 }
                let outcomes = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<2 {
                        // Whether it was found is what counts.
                        group.addTask { (try? await keys.key(named: name)?.keyID) == name }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.count { $0 } == (isTold ? 0 : 1))
                #expect(slow.reads == (isTold ? 1 : 2))
                #expect(try await keys.key(named: name)?.keyID == name)
            }
        }
    }

    private static func count(_ world: AccountsWorld) async throws -> Int64? {
        try await world.database.read { try $0.row("SELECT COUNT(*) AS n FROM signing_keys")?.int("n") }
    }
}

/// A database whose first read begins when it is told that all are there, and may fail.
private final class SlowDatabase: Database {
    private struct State {
        var reads = 0
        var isReady: (@Sendable () -> Bool)?
    }
    private let inner: any Database
    private let firstFailure: (any Error)?
    private let state = Mutex(State())

    init(_ inner: any Database, firstFailure: (any Error)? = nil) {
        self.inner = inner
        self.firstFailure = firstFailure
    }

    var reads: Int { state.withLock { $0.reads } }
    var dialect: SQLDialect { inner.dialect }

    /// Holds the first read until this is so.
    func wait(until isReady: @escaping @Sendable () -> Bool) { state.withLock { $0.isReady = isReady } }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await inner.write(body)
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        let (isFirst, isReady) = state.withLock { state in
            state.reads += 1
            return (state.reads == 1, state.isReady)
        }
        if isFirst, let isReady {
            while !isReady() { await Task.yield() }
            if let firstFailure { throw firstFailure }
        }
        return try await inner.read(body)
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async {}
}
