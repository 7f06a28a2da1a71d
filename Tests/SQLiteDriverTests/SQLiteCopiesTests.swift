import Database
import KernelTesting
import SQLiteDriver
import Testing

/// Copies of a database that are lent again and again, as new.
@Suite struct SQLiteCopiesTests {
    private struct Refusal: Error {}

    private func copies() async throws -> SQLiteCopies {
        let template = try SQLiteDatabase(at: .memory, execution: .inline, clock: ManualClock())
        try await template.write { tx in
            try tx.execute("CREATE TABLE parent (id BIGINT PRIMARY KEY)")
            try tx.execute(
                """
                CREATE TABLE child (id BIGINT PRIMARY KEY,
                    parent_id BIGINT NOT NULL REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)
                """)
            try tx.execute("INSERT INTO parent (id) VALUES (1)")
        }
        return SQLiteCopies(of: template)
    }

    private func parents(_ database: SQLiteDatabase) async throws -> [Int64] {
        try await database.read { tx in try tx.rows("SELECT id FROM parent ORDER BY id").map { try $0.int("id") } }
    }

    @Test func `each user finds the template, whatever the one before did`() async throws {
        let copies = try await copies()
        for _ in 0..<3 {
            let database = try copies.lend(clock: ManualClock())
            #expect(try await parents(database) == [1])
            try await database.write { tx in
                try tx.execute("INSERT INTO parent (id) VALUES (2)")
                try tx.execute("DELETE FROM parent WHERE id = 1")
            }
            #expect(try await parents(database) == [2])
            try copies.takeBack(database)
        }
    }

    @Test func `what is lent at the same time is apart`() async throws {
        let copies = try await copies()
        let (one, other) = (try copies.lend(clock: ManualClock()), try copies.lend(clock: ManualClock()))
        try await one.write { tx in try tx.execute("INSERT INTO parent (id) VALUES (2)") }
        #expect(try await parents(other) == [1])
    }

    @Test func `a transaction that throws leaves nothing, and the next one is good`() async throws {
        let database = try await copies().lend(clock: ManualClock())
        await #expect(throws: Refusal.self) {
            try await database.write { tx in
                try tx.execute("INSERT INTO parent (id) VALUES (2)")
                throw Refusal()
            }
        }
        await #expect(throws: DatabaseError.self) {
            try await database.write { tx in try tx.execute("INSERT INTO parent (id) VALUES (1)") }
        }
        try await database.write { tx in try tx.execute("INSERT INTO parent (id) VALUES (3)") }
        #expect(try await parents(database) == [1, 3])
    }

    @Test func `a reference that stays open is refused at the commit`() async throws {
        let database = try await copies().lend(clock: ManualClock())
        await #expect(throws: DatabaseError.foreignKeyViolation) {
            try await database.write { tx in try tx.execute("INSERT INTO child (id, parent_id) VALUES (1, 7)") }
        }
        try await database.write { tx in
            try tx.execute("INSERT INTO child (id, parent_id) VALUES (1, 7)")
            try tx.execute("INSERT INTO parent (id) VALUES (7)")
        }
        #expect(try await parents(database) == [1, 7])
    }

    @Test func `who gave a copy back has it no more, and closing it harms nobody`() async throws {
        let copies = try await copies()
        let first = try copies.lend(clock: ManualClock())
        try copies.takeBack(first)
        let second = try copies.lend(clock: ManualClock())
        await #expect(throws: DatabaseError.closed) { try await parents(first) }
        await first.close()
        #expect(try await parents(second) == [1])
    }
}
