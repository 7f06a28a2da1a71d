import Database
import Kernel
import PostgresDriver
import Testing

@Suite(.enabled(if: TestServer.isThere)) struct PostgresCollisionTests {
    private struct Other: Error {}

    private static let failing = """
        CREATE FUNCTION fail(code TEXT) RETURNS BIGINT LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'made to fail' USING ERRCODE = code; END $$
        """

    @Test(arguments: ["40001", "40P01"]) func `a collision runs the closure again`(_ code: String) async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run(Self.failing, "CREATE TABLE t (i BIGINT)")
            let runs = Counter()
            let run = try await sandbox.database.write { tx in
                let run = runs.rise()
                try tx.execute("INSERT INTO t VALUES (\(run))")
                if run < 4 { try tx.execute("SELECT fail(\(code))") }
                return run
            }
            #expect(run == 4)
            #expect(try await sandbox.database.number("SELECT SUM(i) AS n FROM t") == 4)
        }
    }

    @Test func `a collision that goes on is a conflict after five repetitions`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run(Self.failing)
            let runs = Counter()
            await #expect(throws: DatabaseError.conflict) {
                try await sandbox.database.write { tx in
                    runs.rise()
                    try tx.execute("SELECT fail('40001')")
                }
            }
            #expect(runs.value == 6)
        }
    }

    @Test(arguments: [true, false]) func `a collision that a closure swallows runs it again`(_ throwsOther: Bool)
        async throws
    {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run(Self.failing, "CREATE TABLE t (i BIGINT)")
            let runs = Counter()
            try await sandbox.database.write { tx in
                let run = runs.rise()
                try tx.execute("INSERT INTO t VALUES (\(run))")
                guard run < 3 else { return }
                do {
                    try tx.savepoint { _ = try tx.execute("SELECT fail('40P01')") }
                } catch {
                    if throwsOther { throw Other() }
                }
            }
            #expect(runs.value == 3)
            #expect(try await sandbox.database.number("SELECT SUM(i) AS n FROM t") == 3)
        }
    }

    @Test func `other errors inside a savepoint leave the rest`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT PRIMARY KEY)")
            for round in 0..<3 {
                let refusal = try await sandbox.database.write { tx -> DatabaseError? in
                    try tx.execute("INSERT INTO t VALUES (\(round))")
                    do {
                        try tx.savepoint { _ = try tx.execute("INSERT INTO t VALUES (\(round))") }
                        return nil
                    } catch let error as DatabaseError {
                        return error
                    }
                }
                #expect(refusal == .uniqueViolation(constraint: "t_pkey"))
            }
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 3)
        }
    }

    @Test func `a deadlock is solved by running one of both again`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run(
                "CREATE TABLE t (id BIGINT, i BIGINT)", "INSERT INTO t VALUES (1, 0), (2, 0)")
            let gate = Gate()
            let runs = Counter()
            try await withThrowingTaskGroup { group in
                for (first, second) in [(1, 2), (2, 1)] {
                    group.addTask {
                        try await sandbox.database.write { tx in
                            runs.rise()
                            try tx.execute("SET LOCAL deadlock_timeout = '20ms'")
                            try tx.execute("UPDATE t SET i = i + 1 WHERE id = \(first)")
                            gate.meet(2)
                            try tx.execute("UPDATE t SET i = i + 1 WHERE id = \(second)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(runs.value > 2)
            #expect(try await sandbox.database.number("SELECT SUM(i) AS n FROM t") == 4)
        }
    }

    @Test func `a deadlock at the commit runs the closure again`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run(
                "CREATE TABLE t (i BIGINT)",
                """
                CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF NEW.i < 3 THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$
                """,
                """
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION collide()
                """)
            let runs = Counter()
            try await sandbox.database.write { tx in _ = try tx.execute("INSERT INTO t VALUES (\(runs.rise()))") }
            #expect(runs.value == 3)
            #expect(try await sandbox.database.number("SELECT SUM(i) AS n FROM t") == 3)
        }
    }
}
