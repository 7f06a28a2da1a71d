import Database
import Kernel
import PostgresDriver
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
