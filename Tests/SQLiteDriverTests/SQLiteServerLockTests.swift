import Database
import DatabaseTesting
import FoundationEssentials
import KernelTesting
import SQLiteDriver
import Testing

/// Who serves from a file is alone.
@Suite struct SQLiteServerLockTests {
    @Test func `a file is served once, by whatever path, until the lock is let go`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/kessai.db"
            var first = try SQLiteServerLock(ofDatabaseAt: path)
            #expect(first != nil)
            #expect(try SQLiteServerLock(ofDatabaseAt: path) == nil)
            #expect(try SQLiteServerLock(ofDatabaseAt: folder + "/./kessai.db") == nil)
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/alias.db", withDestinationPath: folder + "/kessai.db")
            #expect(try SQLiteServerLock(ofDatabaseAt: folder + "/alias.db") == nil)
            #expect(try SQLiteServerLock(ofDatabaseAt: folder + "/other.db") != nil)
            first = nil
            #expect(try SQLiteServerLock(ofDatabaseAt: path) != nil)
        }
    }

    @Test func `a short command writes beside the lock`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/kessai.db"
            let lock = try SQLiteServerLock(ofDatabaseAt: path)
            let database = try SQLiteDatabase(at: .file(path: path), clock: ManualClock())
            try await database.write { try $0.execute("CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT") }
            await database.close()
            // Closing the database does not end the lock.
            #expect(try SQLiteServerLock(ofDatabaseAt: path) == nil)
            withExtendedLifetime(lock) {}
        }
    }

    @Test func `where no file can be made there is an error, not a lock`() throws {
        #expect(throws: DatabaseError.self) { try SQLiteServerLock(ofDatabaseAt: "/dev/null/kessai.db") }
    }
}
