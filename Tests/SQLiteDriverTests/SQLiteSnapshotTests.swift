import Database
import DatabaseTesting
import KernelTesting
import SQLiteDriver
import Testing

/// A file as it was at one moment.
@Suite struct SQLiteSnapshotTests {
    private func run(_ body: (String, any Database) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/file.db"
            let database = try SQLiteDatabase(at: .file(path: path), clock: ManualClock())
            try await database.write { tx in
                try tx.execute("CREATE TABLE things (id INTEGER PRIMARY KEY) STRICT")
                try tx.execute("INSERT INTO things VALUES (1)")
            }
            try await body(path, database)
            await database.close()
        }
    }

    private func count(_ snapshot: SQLiteSnapshot) throws -> Int64 {
        try snapshot.read { tx in try tx.row("SELECT COUNT(*) AS count FROM things")?.int("count") ?? -1 }
    }

    @Test func `it stays as it is while others write, and tells that they did`() async throws {
        try await run { path, database in
            let snapshot = try SQLiteSnapshot(ofFileAt: path)
            #expect(try count(snapshot) == 1)
            #expect(try snapshot.isStillCurrent())
            try await database.write { tx in try tx.execute("INSERT INTO things VALUES (2)") }
            #expect(try count(snapshot) == 1)
            #expect(try !snapshot.isStillCurrent())
            #expect(try count(snapshot) == 2)
            #expect(try snapshot.isStillCurrent())
            snapshot.close()
            snapshot.close()
            #expect(throws: DatabaseError.self) { try count(snapshot) }
        }
    }

    @Test func `nothing can be written through it`() async throws {
        try await run { path, _ in
            let snapshot = try SQLiteSnapshot(ofFileAt: path)
            defer { snapshot.close() }
            let refused = failureNow { try snapshot.read { tx in try tx.execute("DELETE FROM things") } }
            #expect(refused as? DatabaseError == .statement(code: "25006", message: "a read may not write"))
            // An error of one reading is not one of the next.
            #expect(try count(snapshot) == 1)
        }
    }

    @Test func `a file that is not there, or is no database, is told, and none is made`() async throws {
        try await withTemporaryFolder { folder in
            for path in [folder + "/none.db", folder] {
                guard case DatabaseError.unavailable? = failureNow({ try SQLiteSnapshot(ofFileAt: path) }) else {
                    Issue.record("\(path) was opened")
                    continue
                }
            }
            guard case DatabaseError.unavailable? = failureNow({ try SQLiteSnapshot(ofFileAt: folder + "/none.db") })
            else {
                Issue.record("it was made")
                return
            }
        }
    }
}
