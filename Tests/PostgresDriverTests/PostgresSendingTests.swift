import Database
import Kernel
import Testing

@testable import PostgresDriver

/// Statements that nobody waits for: they cost no way to the server of their own, and nothing is committed when one fails.
@Suite(.enabled(if: TestServer.isThere)) struct PostgresSendingTests {
    private static func insertion(_ number: Int) -> SQL { "INSERT INTO t VALUES (\(number))" }

    /// A node with one connection that knows the statements of these tests, and a table that has 1 and 2.
    private func withNode(
        _ body: (_ node: PostgresDatabase, _ wire: Wire, _ sandbox: Sandbox) async throws -> Void
    ) async throws {
        try await withWire { wire, sandbox in
            try await sandbox.database.run(
                "CREATE TABLE t (i BIGINT PRIMARY KEY)",
                """
                CREATE FUNCTION vanish(really BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
                BEGIN IF really = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END IF; END $$
                """,
                """
                CREATE FUNCTION collide(really BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
                BEGIN IF really = 1 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END IF; END $$
                """)
            try await sandbox.database.run(
                """
                CREATE FUNCTION lack(really BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
                BEGIN IF really = 1 THEN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END IF; END $$
                """)
            let limits = PostgresLimits(commitTimeoutMs: 2_000)
            let node = try PostgresDatabase(
                url: try wire.url(sandbox.url), connectionsMax: 1, limits: limits, clock: SystemClock())
            for number in 1...2 {
                // The second use prepares a statement.
                try await node.write { tx in
                    try tx.send(Self.insertion(number))
                    _ = try tx.row("SELECT max(i) AS i FROM t")
                }
            }
            try await body(node, wire, sandbox)
            await node.close()
        }
    }

    private func numbers(_ sandbox: Sandbox) async throws -> [Int64] {
        try await sandbox.database.read { tx in try tx.rows("SELECT i FROM t ORDER BY i").map { try $0.int("i") } }
    }

    @Test func `a server that hangs is waited for as long as for two statements, however many were sent`() async throws
    {
        try await withNode { node, wire, sandbox in
            let limits = PostgresLimits(statementTimeoutMs: 200, connectTimeoutSeconds: 2, silenceMs: 300)
            let brief = try PostgresDatabase(
                url: try wire.url(sandbox.url), connectionsMax: 1, limits: limits, clock: SystemClock())
            for number in 3...4 { try await brief.write { tx in try tx.send(Self.insertion(number)) } }
            let began = ContinuousClock.now
            await #expect(throws: DatabaseError.self) {
                try await brief.write { tx in
                    _ = try tx.row("SELECT 1 AS n")
                    for number in 5...44 { try tx.send(Self.insertion(number)) }
                    wire.dieForThoseThereAre()
                    _ = try tx.row("SELECT 2 AS n")
                }
            }
            // Twice 2.2 seconds; for each of them it would be a minute and a half.
            #expect(ContinuousClock.now - began < .seconds(45))
            await brief.close()
        }
    }

    @Test func `they go with the next that is waited for, and the last with the commit`() async throws {
        try await withNode { node, wire, sandbox in
            let before = wire.turnCount
            let most = try await node.write { tx in
                for number in 3...9 { try tx.send(Self.insertion(number)) }
                let most = try tx.row("SELECT max(i) AS i FROM t")?.int("i")
                for number in 10...12 { try tx.send(Self.insertion(number)) }
                return most
            }
            #expect(most == 9)
            #expect(wire.turnCount - before == 2)
            #expect(try await numbers(sandbox) == Array(1...12))
        }
    }

    @Test func `a commit waits until the server has heard that there is a transaction`() async throws {
        try await withNode { node, wire, sandbox in
            let before = wire.turnCount
            try await node.write { tx in for number in 3...5 { try tx.send(Self.insertion(number)) } }
            #expect(wire.turnCount - before == 2)
            #expect(try await numbers(sandbox) == Array(1...5))
        }
    }

    @Test func `of many no more than so many wait`() async throws {
        try await withNode { node, wire, sandbox in
            let before = wire.turnCount
            let last = 2 + 3 * PostgresConnection.unreadMax
            try await node.write { tx in for number in 3...last { try tx.send(Self.insertion(number)) } }
            #expect((3...5).contains(wire.turnCount - before))
            #expect(try await numbers(sandbox) == (1...last).map(Int64.init))
        }
    }

    @Test func `a long value does not wait`() async throws {
        try await withNode { node, _, sandbox in
            try await sandbox.database.run("CREATE TABLE long (b BYTEA)")
            let bytes = [UInt8](repeating: 7, count: PostgresConnection.sentBytesMax)
            for _ in 0..<3 {
                try await node.write { tx in for _ in 0..<4 { try tx.send("INSERT INTO long VALUES (\(bytes))") } }
            }
            #expect(
                try await sandbox.database.number("SELECT sum(length(b)) AS n FROM long") == Int64(12 * bytes.count))
        }
    }

    enum Discovery: CaseIterable, Sendable { case byReading, bySending, byCommitting, bySwallowing }

    @Test(arguments: Discovery.allCases)
    func `when one fails all of it runs again and is waited for, and nothing is kept`(
        _ discovery: Discovery
    ) async throws {
        try await withNode { node, _, sandbox in
            let (runs, calls) = (Counter(), Counter())
            let error = await #expect(throws: DatabaseError.self) {
                try await node.write { tx in
                    runs.rise()
                    try tx.send(Self.insertion(3))
                    try tx.send(Self.insertion(1))
                    // Only the run that waits does not come here.
                    calls.rise()
                    switch discovery {
                    case .byReading: _ = try tx.row("SELECT max(i) AS i FROM t")
                    case .bySending: for number in 4...100 { try tx.send(Self.insertion(number)) }
                    case .byCommitting: try tx.send(Self.insertion(4))
                    case .bySwallowing: do { _ = try tx.row("SELECT max(i) AS i FROM t") } catch {}
                    }
                }
            }
            guard case .uniqueViolation = error else { Issue.record("\(String(describing: error))"); return }
            #expect(runs.value == 2)
            #expect(calls.value == 1)
            #expect(try await numbers(sandbox) == [1, 2])
            // The connection is as good as before.
            try await node.write { tx in try tx.send(Self.insertion(3)) }
            #expect(try await numbers(sandbox) == [1, 2, 3])
        }
    }

    @Test func `one that fails in a savepoint is undone with it alone`() async throws {
        try await withNode { node, _, sandbox in
            let refused = try await node.write { tx -> Bool in
                try tx.send(Self.insertion(3))
                var wasRefused = false
                do {
                    try tx.savepoint {
                        try tx.send(Self.insertion(4))
                        try tx.send(Self.insertion(1))
                    }
                } catch DatabaseError.uniqueViolation { wasRefused = true }
                try tx.send(Self.insertion(5))
                return wasRefused
            }
            #expect(refused)
            #expect(try await numbers(sandbox) == [1, 2, 3, 5])
        }
    }

    @Test func `a row that is there after all is not inserted twice`() async throws {
        try await withNode { node, wire, sandbox in
            for number in [3, 4] {
                #expect(try await node.write { tx in try tx.inserts(Self.insertion(number), unless: "i") })
            }
            let before = wire.turnCount
            #expect(try await node.write { tx in try tx.inserts(Self.insertion(5), unless: "i") })
            #expect(wire.turnCount - before == 2)
            let runs = Counter()
            let isNew = try await node.write { tx in
                runs.rise()
                try tx.send(Self.insertion(6))
                return try tx.inserts(Self.insertion(1), unless: "i")
            }
            #expect(!isNew)
            #expect(runs.value == 2)
            #expect(try await numbers(sandbox) == Array(1...6))
        }
    }

    @Test func `a closure that throws leaves nothing, whatever waited`() async throws {
        struct Stop: Error {}
        try await withNode { node, _, sandbox in
            await #expect(throws: Stop.self) {
                try await node.write { tx in
                    try tx.send(Self.insertion(3))
                    throw Stop()
                }
            }
            // One that had failed before it threw is what failed.
            let error = await #expect(throws: DatabaseError.self) {
                try await node.write { tx in
                    try tx.send(Self.insertion(1))
                    throw Stop()
                }
            }
            guard case .uniqueViolation = error else { Issue.record("\(String(describing: error))"); return }
            #expect(try await numbers(sandbox) == [1, 2])
            try await node.write { tx in try tx.send(Self.insertion(3)) }
            #expect(try await numbers(sandbox) == [1, 2, 3])
        }
    }

    @Test func `a connection that was lost unseen is replaced, and all runs once more`() async throws {
        try await withNode { node, _, sandbox in
            #expect(try await sandbox.terminateConnections() > 0)
            try await node.write { tx in try tx.send(Self.insertion(3)) }
            #expect(try await numbers(sandbox) == [1, 2, 3])
        }
    }

    @Test(arguments: [true, false]) func `a commit that went with them and was not answered is unknown`(
        _ happened: Bool
    ) async throws {
        try await withNode { node, wire, sandbox in
            let runs = Counter()
            await #expect(throws: DatabaseError.commitUnknown) {
                try await node.write { tx in
                    runs.rise()
                    _ = try tx.row("SELECT max(i) AS i FROM t")
                    try tx.send(Self.insertion(3))
                    if happened { wire.loseAnswers() } else { wire.die() }
                }
            }
            #expect(runs.value == 1)
            wire.recover()
            let count = happened ? 3 : 2
            let isThere = try await eventually { try await numbers(sandbox).count == count }
            #expect(isThere)
        }
    }

    @Test func `a server that ends at one of them leaves the commit unknown, or never heard of it`() async throws {
        try await withNode { node, _, sandbox in
            let runs = Counter()
            for _ in 0..<2 { try await node.write { tx in try tx.send("SELECT vanish(\(0))") } }
            let error = await #expect(throws: DatabaseError.self) {
                try await node.write { tx in
                    runs.rise()
                    _ = try tx.row("SELECT max(i) AS i FROM t")
                    try tx.send(Self.insertion(3))
                    try tx.send("SELECT vanish(\(1))")
                }
            }
            // What was queued leaves when the connection is looked at before its commit; its end may show just then.
            switch error {
            case .commitUnknown, .unavailable: break
            default: Issue.record(error ?? DatabaseError.closed)
            }
            #expect(runs.value == 1)
            #expect(try await numbers(sandbox) == [1, 2])
        }
    }

    @Test func `what would fail again is not run again`() async throws {
        try await withNode { node, _, sandbox in
            for _ in 0..<2 { try await node.write { tx in try tx.send("SELECT lack(\(0))") } }
            let runs = Counter()
            await #expect(throws: DatabaseError.diskFull) {
                try await node.write { tx in
                    runs.rise()
                    try tx.send(Self.insertion(3))
                    try tx.send("SELECT lack(\(1))")
                }
            }
            #expect(runs.value == 1)
            #expect(try await numbers(sandbox) == [1, 2])
        }
    }

    @Test func `a collision at one of them runs all again`() async throws {
        try await withNode { node, _, sandbox in
            for _ in 0..<2 { try await node.write { tx in try tx.send("SELECT collide(\(0))") } }
            let runs = Counter()
            try await node.write { tx in
                runs.rise()
                try tx.send(Self.insertion(3))
                try tx.send("SELECT collide(\(runs.value < 3 ? 1 : 0))")
            }
            #expect(runs.value == 3)
            #expect(try await numbers(sandbox) == [1, 2, 3])
        }
    }

    @Test func `names that the server forgot are not used for the run that counts`() async throws {
        try await withNode { node, _, sandbox in
            try await node.run("DEALLOCATE ALL")
            try await node.write { tx in
                try tx.send(Self.insertion(3))
                try tx.send(Self.insertion(4))
            }
            #expect(try await numbers(sandbox) == [1, 2, 3, 4])
        }
    }
}
