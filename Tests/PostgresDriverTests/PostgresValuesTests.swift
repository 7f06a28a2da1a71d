import Database
import Kernel
import PostgresDriver
import Testing

@Suite(.enabled(if: TestServer.isThere)) struct PostgresValuesTests {
    static let values: [SQLValue] = [
        .null, .int(0), .int(-1), .int(.max), .int(.min), .text(""), .text("決済"), .text("👨‍👩‍👧 'quoted' \\ \"x\" $1"),
        .blob([]), .blob([0, 1, 0xFF, 0x5C]),
    ]

    @Test(arguments: values) func `a value comes back as it went`(_ value: SQLValue) async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT, x TEXT, b BYTEA)")
            let back = try await sandbox.database.write { tx in
                let sql: SQL
                switch value {
                case .int, .null: sql = "INSERT INTO t (i) VALUES (\(value)) RETURNING i AS v"
                case .text: sql = "INSERT INTO t (x) VALUES (\(value)) RETURNING x AS v"
                case .blob: sql = "INSERT INTO t (b) VALUES (\(value)) RETURNING b AS v"
                }
                return try tx.row(sql)?.value("v")
            }
            #expect(back == value)
        }
    }

    @Test func `long values come back as they went`() async throws {
        try await withSandbox { sandbox async throws in
            let text = String(repeating: "長", count: 20_000)
            let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
            let row = try await sandbox.database.read { tx in
                try #require(try tx.row("SELECT \(text) AS x, \(bytes) AS b"))
            }
            #expect(try row.text("x") == text)
            #expect(try row.blob("b") == bytes)
        }
    }

    @Test(arguments: [
        ("SELECT true AS v", SQLValue.int(1)), ("SELECT 7::int2 AS v", .int(7)), ("SELECT -7::int4 AS v", .int(-7)),
        ("SELECT SUM(x) AS v FROM (VALUES (1::bigint), (2)) AS t (x)", .int(3)),
        ("SELECT 9223372036854775808 AS v", .text("9223372036854775808")), ("SELECT 1.50 AS v", .text("1.50")),
        ("SELECT 'NaN'::numeric AS v", .text("NaN")), ("SELECT 0.25::float8 AS v", .text("0.25")),
        ("SELECT '{\"a\": 1}'::jsonb AS v", .text("{\"a\": 1}")),
        ("SELECT current_setting('TimeZone') AS v", .text("UTC")),
    ]) func `types of the server become the port's`(_ statement: String, _ expected: SQLValue) async throws {
        try await withSandbox { sandbox async throws in
            let value = try await sandbox.database.read { tx in try tx.row(SQL(unsafe: statement))?.value("v") }
            #expect(value == expected)
        }
    }

    @Test func `a text with a NUL is refused before it is sent`() async throws {
        try await withSandbox { sandbox async throws in
            await #expect(throws: DatabaseError.statement(code: "22021", message: "a text holds a NUL")) {
                try await sandbox.database.read { tx in try tx.row("SELECT \("a\0b") AS v") }
            }
        }
    }

    @Test func `changed rows are counted and read rows are not`() async throws {
        try await withSandbox { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let counts = try await sandbox.database.write { tx in
                [
                    try tx.execute("INSERT INTO t VALUES (1), (2), (3)"),
                    try tx.execute("UPDATE t SET i = i WHERE i > 1"),
                    try tx.execute("SELECT i FROM t"), try tx.execute("DELETE FROM t WHERE i = 1"),
                    try tx.execute("CREATE TABLE u (i BIGINT)"),
                ]
            }
            #expect(counts == [3, 2, 0, 1, 0])
        }
    }

    @Test func `more rows than allowed throw, and the connection goes on`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            for count in [6, 50_000, 5_000_000] {
                await #expect(throws: DatabaseError.unexpectedRowCount(6)) {
                    try await sandbox.database.read { tx in
                        try tx.rows("SELECT i FROM generate_series(1, \(count)) AS i", rowsMax: 5)
                    }
                }
            }
            #expect(try await sandbox.database.number("SELECT 1::bigint AS n") == 1)
            #expect(try await sandbox.connectionCount() == 1)
        }
    }
}
