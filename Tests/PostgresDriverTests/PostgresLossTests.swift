import Database
import Kernel
import Testing

@testable import PostgresDriver

@Suite(.enabled(if: TestServer.isThere)) struct PostgresLossTests {
    @Test func `connections that ended while nobody used them are replaced unseen`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let gate = Gate()
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { try await sandbox.database.write { _ in gate.meet(4) } } }
                try await group.waitForAll()
            }
            #expect(try await sandbox.terminateConnections() == 4)
            for _ in 0..<8 { try await sandbox.database.run("INSERT INTO t VALUES (1)") }
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 8)
        }
    }

    @Test func `one that is replaced is replaced once, however often the closure runs`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT PRIMARY KEY)", "INSERT INTO t VALUES (1)")
            #expect(try await sandbox.terminateConnections() == 1)
            let runs = Counter()
            try await sandbox.database.write { tx in
                runs.rise()
                do { try tx.savepoint { _ = try tx.execute("INSERT INTO t VALUES (1)") } } catch DatabaseError
                    .uniqueViolation
                {}
            }
            // On the dead connection it never began; then without a savepoint, and with one.
            #expect(runs.value == 3)
            #expect(try await sandbox.connectionCount() == 1)
        }
    }

    @Test(arguments: [true, false]) func `a connection lost in a transaction makes it unavailable, once`(
        _ isSwallowed: Bool
    ) async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let runs = Counter()
            let error = await #expect(throws: DatabaseError.self) {
                try await sandbox.database.write { tx in
                    runs.rise()
                    try tx.execute("INSERT INTO t VALUES (1)")
                    if isSwallowed {
                        do {
                            try tx.savepoint { _ = try tx.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
                        } catch {}
                    } else {
                        try tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                    }
                }
            }
            guard case .unavailable = error else { Issue.record("\(String(describing: error))"); return }
            #expect(runs.value == 1)
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 0)
        }
    }

    @Test func `a connection lost before the commit is sent is unavailable`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let gate = Gate()
            let write = Task {
                try await sandbox.database.write { tx in
                    try tx.execute("INSERT INTO t VALUES (1)")
                    gate.pass()
                }
            }
            #expect(try await eventually { gate.arrivedCount == 1 })
            #expect(try await sandbox.terminateConnections() > 0)
            gate.open()
            let error = await #expect(throws: DatabaseError.self) { try await write.value }
            guard case .unavailable = error else { Issue.record("\(String(describing: error))"); return }
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 0)
        }
    }

    @Test func `a connection lost while the commit is under way leaves it unknown`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run(
                "CREATE TABLE t (i BIGINT)",
                """
                CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$
                """,
                """
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION vanish()
                """)
            let runs = Counter()
            await #expect(throws: DatabaseError.commitUnknown) {
                try await sandbox.database.write { tx in
                    runs.rise()
                    try tx.execute("INSERT INTO t VALUES (1)")
                }
            }
            #expect(runs.value == 1)
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 0)
        }
    }

    @Test func `a commit that the server answers with a rollback is an error`() async throws {
        let target = try PostgresTarget(url: try #require(TestServer.url), limits: PostgresLimits())
        let connection = try PostgresConnection(target, statementsMax: 16)
        try connection.begin(mayWrite: true, usesNames: true)
        #expect(throws: DatabaseError.statement(code: "22012", message: "a value does not fit")) {
            try connection.run("SELECT 1 / 0", rowsMax: 1)
        }
        #expect(throws: DatabaseError.statement(code: "22012", message: "a value does not fit")) {
            try connection.commit()
        }
        #expect(connection.isUsable)
    }

    @Test func `a server that goes away is unavailable at once, and found when it is back`() async throws {
        try await withPrivateServer { server, sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            try await server.run("stop")
            for _ in 0..<20 {
                let error = await #expect(throws: DatabaseError.self) {
                    try await sandbox.database.run("INSERT INTO t VALUES (1)")
                }
                guard case .unavailable = error else { Issue.record("\(String(describing: error))"); return }
            }
            try await server.run("start")
            #expect(
                try await eventually {
                    do { return try await sandbox.database.number("SELECT count(*) AS n FROM t") == 0 } catch {
                        return false
                    }
                })
            // Restarted under idle connections: nobody notices.
            try await server.run("stop")
            try await server.run("start")
            try await sandbox.database.run("INSERT INTO t VALUES (1)")
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 1)
        }
    }
}
