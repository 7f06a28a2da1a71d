import Database
import DatabaseTesting
import Kernel
import KernelTesting
import SQLiteDriver
import Testing

@Suite struct GroupCommitTests {
    @Test func `concurrent writes share commits`() async throws {
        let database = try SQLiteDatabase(at: .memory, clock: ManualClock())
        try await database.write { tx in
            try tx.execute("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT")
            try tx.execute("INSERT INTO counter (id, n) VALUES (1, 0)")
        }
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 {
                group.addTask {
                    try await database.write { try $0.execute("UPDATE counter SET n = n + 1 WHERE id = \(1)") }
                }
            }
            for try await changed in group { #expect(changed == 1) }
        }
        let n = try await database.read { try $0.row("SELECT n FROM counter")?.int("n") }
        #expect(n == 200)
        await database.close()
    }
}
