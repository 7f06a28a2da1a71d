import Database
import Kernel
import PostgresDriver
import Testing

/// What a pooler in transaction mode, a `DISCARD ALL` or a migration does to prepared statements.
@Suite(.enabled(if: TestServer.isThere)) struct PostgresStatementNameTests {
    /// The names of the only connection.
    private func names(_ database: PostgresDatabase) async throws -> [String] {
        try await database.read { tx in
            try tx.rows("SELECT name FROM pg_prepared_statements ORDER BY name").map { try $0.text("name") }
        }
    }

    private func double(_ database: PostgresDatabase, _ value: Int) async throws -> Int64 {
        try await database.write { tx in try #require(try tx.row("SELECT \(value) * 2 AS n")).int("n") }
    }

    @Test func `a statement is prepared when it comes again`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            #expect(try await double(sandbox.database, 1) == 2)
            #expect(try await names(sandbox.database).isEmpty)
            #expect(try await double(sandbox.database, 2) == 4)
            #expect(try await names(sandbox.database).count == 2)
        }
    }

    @Test(arguments: ["DEALLOCATE ALL", "DISCARD PLANS", "DISCARD ALL"])
    func `statements that are gone are prepared again`(_ command: String) async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            for round in 0..<30 {
                #expect(try await double(sandbox.database, round) == Int64(round * 2))
                // DISCARD ALL must stand outside of a transaction, where only a pooler can put it.
                if command == "DISCARD ALL" {
                    try await sandbox.database.run("DEALLOCATE ALL", "DISCARD PLANS", "DISCARD SEQUENCES")
                } else {
                    try await sandbox.database.run(command)
                }
            }
        }
    }

    @Test func `a statement that is gone in the midst of a transaction runs the closure again`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            for round in 1...3 {
                try await sandbox.database.write { tx in _ = try tx.execute("INSERT INTO t VALUES (\(round))") }
            }
            let runs = Counter()
            try await sandbox.database.write { tx in
                let run = runs.rise()
                try tx.execute("INSERT INTO t VALUES (\(10))")
                if run == 1 { try tx.execute("DEALLOCATE ALL") }
                // A closure that swallows the error is run again all the same. It must not take it for the statement's
                // fault, and write that down somewhere outside the transaction.
                do { try tx.savepoint { _ = try tx.execute("INSERT INTO t VALUES (\(100))") } } catch {
                    #expect(error as? DatabaseError == .conflict)
                }
            }
            #expect(runs.value == 2)
            #expect(try await sandbox.database.number("SELECT SUM(i) AS n FROM t") == 116)
        }
    }

    @Test func `a statement that is there already is used`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            for round in 0..<3 { #expect(try await double(sandbox.database, round) == Int64(round * 2)) }
            let text = "SELECT $1 * 2 AS n"
            let name = try #require(
                try await sandbox.database.read { tx in
                    try tx.row("SELECT name FROM pg_prepared_statements WHERE statement = \(text)")
                }?.text("name"))
            // Another node that comes to a server's connection where the first has been.
            let node = try sandbox.node(connectionsMax: 1)
            try await node.run("DO 'BEGIN EXECUTE ''PREPARE \(name) (bigint) AS \(text)''; END'")
            for round in 0..<20 { #expect(try await double(node, round) == Int64(round * 2)) }
            #expect(try await names(node).contains(name))
            await node.close()
        }
    }

    @Test func `an answer that a migration changed is planned anew`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (a BIGINT)", "INSERT INTO t VALUES (1)")
            let node = try sandbox.node(connectionsMax: 1)
            func columns() async throws -> SQLValue? {
                try await node.read { tx in
                    let row = try #require(try tx.row("SELECT * FROM t"))
                    do { return try row.value("b") } catch { return nil }
                }
            }
            for _ in 0..<3 { #expect(try await columns() == nil) }
            try await sandbox.database.run(
                "ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'new'", "ALTER TABLE t ALTER COLUMN b DROP DEFAULT")
            for _ in 0..<3 { #expect(try await columns() == .text("new")) }
            try await sandbox.database.run("ALTER TABLE t ALTER COLUMN b TYPE BIGINT USING 7")
            for _ in 0..<3 { #expect(try await columns() == .int(7)) }
            await node.close()
        }
    }

    @Test func `more statements than are kept make the oldest leave`() async throws {
        try await withSandbox(connectionsMax: 1, limits: PostgresLimits(statementsMax: 16)) { sandbox async throws in
            for round in 0..<3 {
                for number in 0..<60 {
                    for _ in 0..<2 {
                        let sum = try await sandbox.database.write { tx in
                            try #require(try tx.row("SELECT \(round) + \(unsafe: "\(number)") AS n")).int("n")
                        }
                        #expect(sum == Int64(round + number))
                    }
                }
            }
            let count = try await names(sandbox.database).count
            #expect(count > 4 && count <= 16)
            // Gone on the server before they could leave: then none leaves any more, and what comes still runs.
            try await sandbox.database.run("DEALLOCATE ALL")
            for number in 0..<60 {
                for _ in 0..<2 {
                    let value = try await sandbox.database.write { tx in
                        try #require(try tx.row("SELECT \(unsafe: "\(number)")::bigint AS n")).int("n")
                    }
                    #expect(value == Int64(number))
                }
            }
        }
    }

    @Test func `one transaction may hold more statements than are kept`() async throws {
        try await withSandbox(connectionsMax: 1, limits: PostgresLimits(statementsMax: 16)) { sandbox async throws in
            let sum = try await sandbox.database.write { tx in
                var sum: Int64 = 0
                for _ in 0..<3 {
                    for number in 0..<100 {
                        sum += try #require(try tx.row("SELECT \(unsafe: "\(number)")::bigint AS n")).int("n")
                    }
                }
                return sum
            }
            #expect(sum == 3 * 4950)
            #expect(try await names(sandbox.database).count <= 16)
        }
    }

    @Test func `the same text with other types is another statement`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            for _ in 0..<3 {
                for (value, expected) in [
                    (SQLValue.int(7), "bigint"), (.text("7"), "text"), (.blob([7]), "bytea"),
                ] {
                    let type = try await sandbox.database.read { tx in
                        try tx.row("SELECT pg_typeof(\(value))::text AS v")?.text("v")
                    }
                    #expect(type == expected)
                }
            }
        }
    }
}
