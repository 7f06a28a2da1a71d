import Database
import DatabaseTesting
import Kernel
import Testing

/// What goes in comes out.
@Suite struct ValueTests {
    static let values: [SQLValue] = [
        .int(0), .int(1), .int(-1), .int(.max), .int(.min), .text(""), .text("plain"), .text("決済 🧾 e\u{301}"),
        .text("it's; \"quoted\" -- \\x $1"), .text(String(repeating: "長", count: 20_000)), .blob([]),
        .blob(Array(0...255)), .blob([UInt8](repeating: 0, count: 100_000)), .null,
    ]

    @Test(arguments: Subject.all, values)
    func `a value comes back as it went`(_ subject: Subject, _ value: SQLValue) async throws {
        let column =
            switch value {
            case .int, .null: "n"
            case .text: "t"
            case .blob: "b"
            }
        try await withSubject(subject) { database in
            let (returned, read) = try await database.write { tx in
                let returned = try tx.row(
                    """
                    INSERT INTO thing (id, \(unsafe: column)) VALUES (\(1), \(value)) RETURNING \(unsafe: column) AS v
                    """)
                let read = try tx.row("SELECT \(unsafe: column) AS v FROM thing WHERE id = \(1)")
                return (try returned?.value("v"), try read?.value("v"))
            }
            #expect(returned == value)
            #expect(read == value)
        }
    }

    @Test(arguments: Subject.all) func `a text with a NUL is refused`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let refused = await failure {
                try await database.write { try $0.execute("INSERT INTO thing (id, t) VALUES (1, \("a\0b"))") }
            }
            let isRight =
                refused.map { error -> Bool in
                    guard case .statement(code: "22021", _) = error as? DatabaseError else { return false }
                    return true
                } ?? false
            #expect(isRight)
        }
    }

    @Test(arguments: Subject.all) func `parameters are known by number, not by place, and may repeat`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            try await database.write { tx in
                try tx.execute(
                    SQL(
                        unsafe: "INSERT INTO thing (t, id, n) VALUES ($3, $1, $2 + $1)",
                        values: [.int(10), .int(32), .text("third")]))
            }
            let row = try #require(try await database.read { try $0.row("SELECT id, n, t FROM thing") })
            #expect(try row.int("id") == 10)
            #expect(try row.int("n") == 42)
            #expect(try row.text("t") == "third")
        }
    }

    @Test(arguments: Subject.all, [0, 1])
    func `every parameter needs a value`(_ subject: Subject, _ count: Int) async throws {
        try await withSubject(subject) { database in
            let thrown = await failure {
                try await database.write {
                    try $0.execute(
                        SQL(
                            unsafe: "INSERT INTO thing (id, n) VALUES ($1, $2)",
                            values: (0..<count).map { .int(Int64($0)) }))
                }
            }
            #expect(thrown is DatabaseError)
        }
    }

    @Test(arguments: Subject.all) func `counts and conditions are integers`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let row = try #require(
                try await database.read {
                    try $0.row(
                        """
                        SELECT count(*) AS n, sum(balance) AS total, count(*) > 0 AS some, count(*) > 5 AS many,
                        max(note) AS absent FROM account
                        """)
                })
            #expect(try row.int("n") == 1)
            #expect(try row.int("total") == 100)
            #expect(try row.bool("some"))
            #expect(try row.bool("many") == false)
            #expect(try row.textOrNil("absent") == nil)
        }
    }

    @Test(arguments: Subject.all) func `a statement says how many rows it changed`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let counts = try await database.write { tx in
                [
                    try tx.execute("INSERT INTO pair (a, b) VALUES (1, 'x'), (2, 'x'), (3, 'x')"),
                    try tx.execute("SELECT a FROM pair"),
                    try tx.execute("UPDATE pair SET b = 'y' WHERE a > 1"),
                    try tx.execute("INSERT INTO pair (a, b) VALUES (1, 'x') ON CONFLICT DO NOTHING"),
                    try tx.execute("WITH old AS (SELECT 3 AS a) DELETE FROM pair WHERE a IN (SELECT a FROM old)"),
                    try tx.execute("DELETE FROM pair RETURNING a"),
                    try tx.execute("CREATE TABLE other (id INTEGER)"),
                    try tx.execute("DELETE FROM pair"),
                ]
            }
            #expect(counts == [3, 0, 2, 0, 1, 2, 0, 0])
        }
    }

    @Test(arguments: Subject.all) func `one statement runs a thousand times`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            try await database.write { tx in
                for n in 0..<1_000 { try tx.execute("INSERT INTO pair (a, b) VALUES (\(n), \("x"))") }
            }
            let seen = try await database.read { try $0.row("SELECT count(*) AS n FROM pair")?.int("n") }
            #expect(seen == 1_000)
        }
    }

    @Test(arguments: Subject.all) func `more statements than are kept prepared run all the same`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            for _ in 0..<2 {
                let sum = try await database.read { tx in
                    try (0..<700).reduce(Int64(0)) { sum, n in
                        let row = try tx.row("SELECT \(unsafe: String(n)) AS column_\(unsafe: String(n))")
                        return sum + (try row?.int("column_\(n)") ?? 0)
                    }
                }
                #expect(sum == 244_650)
            }
        }
    }

    @Test(arguments: Subject.all) func `a prepared statement survives a change of its table`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let before = try await database.write { try $0.row("SELECT * FROM account") }
            let thrown = failureNow { try before?.value("added") }
            #expect(thrown as? DatabaseError == DatabaseError.unexpectedColumn("added"))
            try await database.write { try $0.execute("ALTER TABLE account ADD COLUMN added TEXT") }
            try await database.write { try $0.execute("UPDATE account SET added = 'yes'") }
            for _ in 0..<3 {
                let after = try await database.write { try $0.row("SELECT * FROM account") }
                #expect(try after?.text("added") == "yes")
                let read = try await database.read { try $0.row("SELECT * FROM account") }
                #expect(try read?.text("added") == "yes")
            }
            try await database.write { try $0.execute("ALTER TABLE account RENAME COLUMN added TO renamed") }
            let renamed = try await database.write { try $0.row("SELECT * FROM account") }
            #expect(try renamed?.text("renamed") == "yes")
        }
    }

    @Test(arguments: Subject.all) func `answers are bounded`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            try await database.write { tx in
                for n in 0..<60 { try tx.execute("INSERT INTO pair (a, b) VALUES (\(n), 'x')") }
            }
            let crossed: SQL = "SELECT p.a FROM pair p CROSS JOIN pair q CROSS JOIN pair r"
            await expectTooManyRows(10_000) { try await database.read { _ = try $0.rows(crossed) } }
            await expectTooManyRows(1) { try await database.read { _ = try $0.row("SELECT a FROM pair") } }
            await expectTooManyRows(5) { try await database.read { _ = try $0.rows("SELECT a FROM pair", rowsMax: 5) } }
            let seen = try await database.read { try $0.rows("SELECT a FROM pair", rowsMax: 60).count }
            #expect(seen == 60)
            // The connection is as good as before.
            let seen2 = try await database.read { try $0.row("SELECT count(*) AS n FROM pair")?.int("n") }
            #expect(seen2 == 60)
        }
    }

    @Test(arguments: Subject.all) func `a row of another kind throws instead of trapping`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let row = try #require(try await database.read { try $0.row("SELECT name, balance, note FROM account") })
            let thrown = failureNow { try row.int("name") }
            #expect(thrown as? DatabaseError == DatabaseError.unexpectedColumn("name"))
            let thrown2 = failureNow { try row.text("balance") }
            #expect(thrown2 as? DatabaseError == DatabaseError.unexpectedColumn("balance"))
            let thrown3 = failureNow { try row.text("note") }
            #expect(thrown3 as? DatabaseError == DatabaseError.unexpectedColumn("note"))
            let thrown4 = failureNow { try row.int("missing") }
            #expect(thrown4 as? DatabaseError == DatabaseError.unexpectedColumn("missing"))
        }
    }

    private func expectTooManyRows(_ rowsMax: Int, _ body: () async throws -> Void) async {
        let refused = await failure {
            try await body()
        }
        let isRight =
            refused.map { error -> Bool in
                guard case .unexpectedRowCount(let count) = error as? DatabaseError else { return false }
                return count > rowsMax
            } ?? false
        #expect(isRight)
    }
}
