import Database
import Kernel
import Synchronization
import Testing

@testable import PostgresDriver

/// A server that takes what is sent and never answers: no error comes by itself, so every wait must have its end.
@Suite(.enabled(if: TestServer.isThere)) struct PostgresSilenceTests {
    /// Short ones, for what is to be given up. Tables are made with the usual ones: a slow disk is no silence.
    private static let limits = PostgresLimits(
        statementTimeoutMs: 20_000, connectTimeoutSeconds: 2, silenceMs: 300, commitTimeoutMs: 400)

    private func isUnavailable(_ body: () async throws -> Void) async -> Bool {
        do { try await body() } catch DatabaseError.unavailable { return true } catch { Issue.record(error) }
        return false
    }

    @Test func `idle connections that went dead cost one wait, then everybody is told at once`() async throws {
        try await withWire { wire, sandbox in
            let node = try PostgresDatabase(
                url: try wire.url(sandbox.url), connectionsMax: 4, limits: Self.limits, clock: SystemClock())
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let gate = Gate()
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { try await node.write { _ in gate.meet(4) } } }
                try await group.waitForAll()
            }
            wire.die()
            let began = ContinuousClock.now
            let refused = Counter()
            try await withThrowingTaskGroup { group in
                for _ in 0..<200 {
                    group.addTask {
                        if await isUnavailable({ try await node.run("INSERT INTO t VALUES (1)") }) { refused.rise() }
                    }
                }
                try await group.waitForAll()
            }
            #expect(refused.value == 200)
            // A wait for the first four, and one for a new connection; 200 of them in a row would take a minute.
            #expect(ContinuousClock.now - began < .seconds(30))
            wire.recover()
            #expect(
                try await eventually {
                    do { return try await node.number("SELECT count(*) AS n FROM t") == 0 } catch { return false }
                })
            await node.close()
        }
    }

    @Test func `a transaction whose server is gone fails, and is not run again`() async throws {
        try await withWire { wire, sandbox in
            let node = try PostgresDatabase(
                url: try wire.url(sandbox.url), connectionsMax: 1, limits: Self.limits, clock: SystemClock())
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let runs = Counter()
            #expect(
                await isUnavailable {
                    try await node.write { tx in
                        runs.rise()
                        try tx.execute("INSERT INTO t VALUES (1)")
                        wire.die()
                        try tx.execute("INSERT INTO t VALUES (2)")
                    }
                })
            #expect(runs.value == 1)
            wire.recover()
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 0)
            await node.close()
        }
    }

    @Test(arguments: [true, false]) func `a commit without an answer is unknown, whether it happened or not`(
        _ happened: Bool
    ) async throws {
        try await withWire { wire, sandbox in
            let node = try PostgresDatabase(
                url: try wire.url(sandbox.url), connectionsMax: 1, limits: Self.limits, clock: SystemClock())
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            await #expect(throws: DatabaseError.commitUnknown) {
                try await node.write { tx in
                    try tx.execute("INSERT INTO t VALUES (1)")
                    if happened { wire.loseAnswers() } else { wire.die() }
                }
            }
            wire.recover()
            let count = happened ? Int64(1) : 0
            #expect(try await eventually { try await sandbox.database.number("SELECT count(*) AS n FROM t") == count })
            await node.close()
        }
    }

    @Test func `a server at work is waited for while somebody answers at its address`() async throws {
        try await withSandbox(limits: Self.limits) { sandbox async throws in
            try await sandbox.database.run("SELECT pg_sleep(1)")
        }
    }

    @Test func `a connection that went dead alone is given up after the server's own limit`() async throws {
        try await withWire { wire, sandbox in
            var limits = Self.limits
            limits.statementTimeoutMs = 200
            let node = try PostgresDatabase(
                url: try wire.url(sandbox.url), connectionsMax: 1, limits: limits, clock: SystemClock())
            #expect(
                await isUnavailable {
                    try await node.write { tx in
                        try tx.execute("SELECT 1")
                        wire.dieForThoseThereAre()
                        try tx.execute("SELECT 2")
                    }
                })
            // The next begins on a connection of its own, without a word to anybody.
            try await node.run("SELECT 1")
            wire.dieForThoseThereAre()
            try await node.run("SELECT 1")
            await node.close()
        }
    }

    @Test func `going and coming back are one line each, however many asked`() async throws {
        try await withWire { wire, sandbox in
            let lines = Mutex<[String]>([])
            let log = Log(clock: SystemClock()) { line in lines.withLock { $0.append(line.event) } }
            let node = try PostgresDatabase(
                url: try wire.url(sandbox.url), connectionsMax: 2, limits: Self.limits, clock: SystemClock(), log: log)
            try await node.run("SELECT 1")
            wire.die()
            for _ in 0..<50 { #expect(await isUnavailable { try await node.run("SELECT 1") }) }
            wire.recover()
            #expect(
                try await eventually {
                    do { return try await node.number("SELECT 1 AS n") == 1 } catch { return false }
                })
            #expect(lines.withLock { $0 } == ["database_away", "database_back"])
            await node.close()
        }
    }
}
