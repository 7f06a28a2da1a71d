import Database
import Kernel
import PostgresDriver
import Testing

@Suite(.enabled(if: TestServer.isThere)) struct PostgresFaultTests {
    private static let schema = [
        "CREATE TABLE parents (id BIGINT PRIMARY KEY)",
        """
        CREATE TABLE t (id BIGINT CONSTRAINT t_key PRIMARY KEY, parent BIGINT CONSTRAINT t_parent REFERENCES parents,
            amount BIGINT NOT NULL DEFAULT 1 CONSTRAINT t_amount_positive CHECK (amount > 0), small SMALLINT)
        """,
        "INSERT INTO t (id) VALUES (1)",
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'rows of money stay: %', OLD.id; END $$
        """,
        "CREATE TRIGGER t_stays BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION refuse()",
        "CREATE TABLE rooms (n BIGINT, EXCLUDE USING hash (n WITH =))", "INSERT INTO rooms VALUES (1)",
    ]

    @Test(arguments: [
        ("INSERT INTO t (id) VALUES (1)", DatabaseError.uniqueViolation(constraint: "t_key")),
        ("INSERT INTO rooms VALUES (1)", .uniqueViolation(constraint: "rooms_n_excl")),
        ("INSERT INTO t (id, parent) VALUES (2, 777)", .foreignKeyViolation),
        ("INSERT INTO t (id, amount) VALUES (2, 0)", .checkViolation(constraint: "t_amount_positive")),
        ("INSERT INTO t (id, amount) VALUES (2, NULL)", .notNullViolation(column: "amount")),
        ("DELETE FROM t", .refusedByTrigger),
        ("INSERT INTO t (id, small) VALUES (2, 77777)", .statement(code: "22003", message: "a value does not fit")),
        ("SELECT 'secret'::bigint", .statement(code: "22P02", message: "a value does not fit")),
        ("SELECT * FROM nowhere", .statement(code: "42P01", message: "relation \"nowhere\" does not exist")),
        (
            "SELECT 1; SELECT 2",
            .statement(
                code: "42601", message: "cannot insert multiple commands into a prepared statement")
        ),
        ("", .statement(code: "42601", message: "not exactly one statement")),
        ("COMMIT", .statement(code: "25000", message: "a closure may not begin or end a transaction")),
        ("ROLLBACK", .statement(code: "25000", message: "a closure may not begin or end a transaction")),
        ("COPY t TO STDOUT", .unavailable(reason: "COPY is not supported")),
        ("SELECT pg_sleep(5)", .unavailable(reason: "canceling statement due to statement timeout")),
    ]) func `an error has its type and tells no value`(_ statement: String, _ expected: DatabaseError) async throws {
        // A short limit holds for the schema as well, which takes its time on a busy machine.
        let timeoutMs = statement.contains("pg_sleep") ? 1000 : 30_000
        try await withSandbox(limits: PostgresLimits(statementTimeoutMs: timeoutMs)) { sandbox async throws in
            try await sandbox.database.write { tx in
                for statement in Self.schema { try tx.execute(SQL(unsafe: statement)) }
            }
            // More than once: the first time a statement has no name, later it has.
            for _ in 0..<3 {
                await #expect(throws: expected) { try await sandbox.database.run(statement) }
            }
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 1)
        }
    }

    @Test func `too few values are the statement's fault`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            for _ in 0..<3 {
                let error = await #expect(throws: DatabaseError.self) {
                    try await sandbox.database.read { tx in
                        try tx.row(SQL(unsafe: "SELECT $1::bigint + $2::bigint AS n", values: [.int(1)]))
                    }
                }
                guard case .statement(code: "08P01", _) = error else {
                    Issue.record("\(String(describing: error))"); return
                }
            }
        }
    }

    @Test func `a deferred constraint that fails at the commit reaches the caller, and nothing stays`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run(
                "CREATE TABLE parents (id BIGINT PRIMARY KEY)",
                """
                CREATE TABLE t (id BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED,
                    parent BIGINT REFERENCES parents DEFERRABLE INITIALLY DEFERRED)
                """)
            for _ in 0..<3 {
                await #expect(throws: DatabaseError.foreignKeyViolation) {
                    try await sandbox.database.run("INSERT INTO t VALUES (1, 1)")
                }
                await #expect(throws: DatabaseError.uniqueViolation(constraint: "t_id_key")) {
                    try await sandbox.database.run("INSERT INTO t (id) VALUES (1), (1)")
                }
            }
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 0)
            try await sandbox.database.run("INSERT INTO t VALUES (1, 1)", "INSERT INTO parents VALUES (1)")
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 1)
        }
    }

    @Test func `a read cannot write`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let error = await #expect(throws: DatabaseError.self) {
                try await sandbox.database.read { tx in try tx.execute("INSERT INTO t VALUES (1)") }
            }
            guard case .statement(code: "25006", _) = error else {
                Issue.record("\(String(describing: error))"); return
            }
            await #expect(throws: DatabaseError.statement(code: "25006", message: "a read may not notify")) {
                try await sandbox.database.read { tx in try tx.notify("c") }
            }
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 0)
        }
    }

    @Test func `a server that takes no writes is away, and the connection to it is let go`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let options = "-c search_path=\(sandbox.schema) -c default_transaction_read_only=on"
            let node = try PostgresDatabase(
                url: try TestServer.url(["options": options]), connectionsMax: 1, clock: SystemClock())
            await #expect(throws: DatabaseError.unavailable(reason: "the server does not take writes")) {
                try await node.run("INSERT INTO t VALUES (1)")
            }
            #expect(try await node.number("SELECT count(*) AS n FROM t") == 0)
            await node.close()
        }
    }

    @Test func `a lock that is held too long is a conflict`() async throws {
        try await withSandbox(limits: PostgresLimits(lockTimeoutMs: 50)) { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
            let gate = Gate()
            async let holder: Void = sandbox.database.write { tx in
                try tx.execute("UPDATE t SET i = 2")
                gate.pass()
            }
            #expect(try await eventually { gate.arrivedCount == 1 })
            await #expect(throws: DatabaseError.conflict) { try await sandbox.database.run("UPDATE t SET i = 3") }
            gate.open()
            try await holder
            #expect(try await sandbox.database.number("SELECT i AS n FROM t") == 2)
        }
    }
}
