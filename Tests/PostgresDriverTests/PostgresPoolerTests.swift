import Database
import Kernel
import PostgresDriver
import Synchronization
import Testing

/// Behind a real pgbouncer in transaction mode with few connections to the server; only when the environment names it.
@Suite(.enabled(if: TestServer.poolerURL != nil)) struct PostgresPoolerTests {
    @Test func `closures do not notice which of the server's connections they get`() async throws {
        let table = TestServer.freshName()
        let database = try PostgresDatabase(
            url: try #require(TestServer.poolerURL), connectionsMax: 8,
            limits: PostgresLimits(lockTimeoutMs: 9_876, statementsMax: 16),
            clock: SystemClock())
        try await database.run(
            "CREATE TABLE \(table) (id BIGINT PRIMARY KEY, i BIGINT)", "INSERT INTO \(table) VALUES (1, 0)")
        try await withThrowingTaskGroup { group in
            for round in 0..<2000 {
                group.addTask {
                    try await database.write { tx in
                        let row = try tx.row("SELECT i FROM \(unsafe: table) WHERE id = \(1)\(unsafe: tx.forUpdate)")
                        let value = try #require(row).int("i")
                        try tx.execute("UPDATE \(unsafe: table) SET i = \(value + 1) WHERE id = \(1)")
                        try tx.execute("SELECT \(round) + \(unsafe: "\(round % 40)")")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await database.number("SELECT i AS n FROM \(table)") == 2000)
        let timeout = try await database.read { tx in
            try #require(try tx.row("SELECT current_setting('lock_timeout') AS v")).text("v")
        }
        #expect(timeout == "9876ms")
        try await database.run("DROP TABLE \(table)")
        await database.close()
    }

    /// A database with a table `t` over the pooler, and the server past it.
    private func withBoth(
        _ body: (_ pooled: PostgresDatabase, _ direct: String, _ channel: String) async throws -> Void
    )
        async throws
    {
        let direct = try #require(TestServer.pooledURL)
        let pooled = try PostgresDatabase(
            url: try #require(TestServer.poolerURL), connectionsMax: 2, clock: SystemClock())
        try await body(pooled, direct, TestServer.freshName())
        await pooled.close()
    }

    @Test func `notifications are heard past the pooler, where the settings say how`() async throws {
        try await withBoth { pooled, direct, channel in
            let lines = Mutex<[String]>([])
            let log = Log(clock: SystemClock()) { line in lines.withLock { $0.append(line.event) } }
            let deaf = try PostgresDatabase(
                url: try #require(TestServer.poolerURL), connectionsMax: 1, clock: SystemClock(), log: log)
            let hearing = try PostgresDatabase(
                url: try #require(TestServer.poolerURL), listenURL: direct, connectionsMax: 1, clock: SystemClock(),
                log: log)
            let woken = Counter()
            let deafWaiter = Task { try await deaf.wait(forNotification: channel, timeout: .milliseconds(1_500)) }
            let waiter = Task {
                try await hearing.wait(forNotification: channel, timeout: .seconds(3600))
                woken.rise()
            }
            let began = ContinuousClock.now
            #expect(
                try await eventually {
                    try await pooled.write { tx in try tx.notify(channel) }
                    return woken.value == 1
                })
            try await waiter.value
            try await deafWaiter.value
            // Whoever cannot hear waits its time, and says why once.
            #expect(ContinuousClock.now - began >= .milliseconds(1_400))
            #expect(lines.withLock { $0 } == ["notifications_not_heard"])
            // Nobody asked the pooler's own connections to hear: they would keep it for the next client.
            let listeners = try await pooled.read { tx in
                try tx.rows(
                    "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND query LIKE \("%" + channel + "%")"
                ).count
            }
            #expect(listeners == 1)
            await deaf.close()
            await hearing.close()
        }
    }

    @Test func `a migration between two runs of a statement is not noticed`() async throws {
        let table = TestServer.freshName()
        let database = try PostgresDatabase(
            url: try #require(TestServer.poolerURL), connectionsMax: 4, clock: SystemClock())
        try await database.run("CREATE TABLE \(table) (a BIGINT)", "INSERT INTO \(table) VALUES (1)")
        for round in 0..<20 {
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await database.read { tx in
                            let row = try #require(try tx.row("SELECT * FROM \(unsafe: table)"))
                            #expect(try row.int("a") == 1)
                            for number in 0..<round { #expect(try row.text("c\(number)") == "new") }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await database.run("ALTER TABLE \(table) ADD COLUMN c\(round) TEXT DEFAULT 'new'")
        }
        try await database.run("DROP TABLE \(table)")
        await database.close()
    }
}
