import Database
import Kernel
import PostgresDriver
import Testing

@Suite(.enabled(if: TestServer.isThere)) struct PostgresTransactionTests {
    private struct Stop: Error {}

    @Test func `what a closure throws undoes all`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            await #expect(throws: Stop.self) {
                try await sandbox.database.write { tx in
                    try tx.execute("INSERT INTO t VALUES (1)")
                    throw Stop()
                }
            }
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 0)
        }
    }

    @Test func `two hundred increments are two hundred`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (0)")
            try await withThrowingTaskGroup { group in
                for _ in 0..<200 {
                    group.addTask {
                        try await sandbox.database.write { tx in try tx.execute("UPDATE t SET i = i + 1") }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await sandbox.database.number("SELECT i AS n FROM t") == 200)
            #expect(try await sandbox.connectionCount() <= 4)
        }
    }

    @Test func `a row that is locked to be read and written loses nothing`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (0)")
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await sandbox.database.write { tx in
                            let value = try #require(try tx.row("SELECT i FROM t\(unsafe: tx.forUpdate)")).int("i")
                            try tx.execute("UPDATE t SET i = \(value + 1)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await sandbox.database.number("SELECT i AS n FROM t") == 50)
        }
    }
}
