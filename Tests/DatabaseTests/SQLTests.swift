import Database
import Kernel
import Testing

@Suite struct SQLTests {
    @Test func `interpolation binds in order and never writes a value into the text`() {
        let absent: String? = nil
        let sql: SQL = """
            INSERT INTO a (b, c, d, e, f) VALUES (\("'; DROP TABLE a"), \(Int64.max), \(true), \(absent), \([1, 2] as [UInt8]))
            """
        #expect(sql.text == "INSERT INTO a (b, c, d, e, f) VALUES ($1, $2, $3, $4, $5)")
        #expect(
            sql.values == [.text("'; DROP TABLE a"), .int(.max), .int(1), .null, .blob([1, 2])])
    }

    @Test func `the kernel's types bind as both databases keep them`() {
        struct Thing {}
        let sql: SQL = """
            \(Timestamp(epochMs: 5)) \(ID<Thing>("id")) \(Currency.jpy) \(7) \(SQLValue.null) \(unsafe: "FOR UPDATE")
            """
        #expect(sql.text == "$1 $2 $3 $4 $5 FOR UPDATE")
        #expect(sql.values == [.int(5), .text("id"), .text("jpy"), .int(7), .null])
    }

    @Test func `one place of the program is one shape, whatever its values, and other words are another`() {
        func placed(_ id: Int, _ lock: String) -> SQL { "SELECT a FROM b WHERE id = \(id)\(unsafe: lock)" }
        let plain = placed(1, "")
        #expect(plain.shape == placed(2, "").shape)
        #expect(Set([plain.shape, placed(3, "").shape]).count == 1)
        #expect(plain.shape != placed(1, " FOR UPDATE").shape)
        let other: SQL = "SELECT a FROM c WHERE id = \(1)"
        #expect(plain.shape != other.shape)
        let twice: SQL = "SELECT a FROM b WHERE id = \(1)\(2)"
        #expect(plain.shape != twice.shape)
        #expect(SQL(unsafe: "SELECT " + "1").shape == SQL(unsafe: "SELECT 1").shape)
        #expect(SQL(unsafe: "SELECT 1").shape != SQL(unsafe: "SELECT 2").shape)
        #expect(plain.text == "SELECT a FROM b WHERE id = $1")
        #expect(placed(1, " FOR UPDATE").text == "SELECT a FROM b WHERE id = $1 FOR UPDATE")
    }

    @Test func `a row reads by name and kind`() throws {
        let row = Row(
            columns: Row.Columns(["id", "at", "currency", "flag", "key", "nothing", "id"]),
            values: [.text("x"), .int(1_000), .text("eur"), .int(0), .blob([1]), .null, .text("second")])
        struct Thing {}
        #expect(try row.id("id", Thing.self) == ID("x"))
        #expect(try row.time("at") == Timestamp(epochMs: 1_000))
        #expect(try row.currency("currency") == .eur)
        #expect(try row.bool("flag") == false)
        #expect(try row.blob("key") == [1])
        #expect(try row.timeOrNil("nothing") == nil)
        #expect(try row.intOrNil("at") == 1_000)
        #expect(throws: DatabaseError.unexpectedColumn("id")) { try row.currency("id") }
        #expect(throws: DatabaseError.unexpectedColumn("nothing")) { try row.time("nothing") }
        #expect(throws: DatabaseError.unexpectedColumn("at")) { try row.blob("at") }
    }
}
