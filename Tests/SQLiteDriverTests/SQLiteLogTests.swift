import Database
import DatabaseTesting
import Foundation
import KernelTesting
import SQLiteDriver
import Testing

/// The write-ahead log: its writes are put together while a commit runs, and one process copies it into the file.
@Suite(.timeLimit(.minutes(5))) struct SQLiteLogTests {
    /// Rows of 3,000 bytes each, so that each has a page.
    private static func rows(_ count: Int) -> SQL {
        """
        INSERT INTO note (body)
        WITH RECURSIVE counted (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < \(count))
        SELECT zeroblob(3000) FROM counted
        """
    }

    private static func open(_ folder: String, copiesLog: Bool = true) async throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(
            at: .file(path: folder + "/kessai.db"), copiesLog: copiesLog, clock: ManualClock())
        try await database.write {
            try $0.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
        }
        return database
    }

    private static func count(_ database: SQLiteDatabase) async throws -> Int64? {
        try await database.read { try $0.row("SELECT COUNT(*) AS count FROM note")?.int("count") }
    }

    private static func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    @Test func `a long log is copied into the file by the one who serves it, and begun anew`() async throws {
        try await withTemporaryFolder { folder in
            let database = try await Self.open(folder)
            for _ in 0..<60 { try await database.write { try $0.execute(Self.rows(100)) } }
            #expect(try await Self.count(database) == 6_000)
            #expect(Self.size(folder + "/kessai.db") > 4_000 * 4096)
            #expect(Self.size(folder + "/kessai.db-wal") < 2_000 * 4120)
            await database.close()
            #expect(Self.size(folder + "/kessai.db-wal") == 0)
            let again = try await Self.open(folder)
            #expect(try await Self.count(again) == 6_000)
            await again.close()
        }
    }

    @Test func `a guest leaves the log alone, and whoever closes the file last copies it`() async throws {
        try await withTemporaryFolder { folder in
            let server = try await Self.open(folder)
            let guest = try await Self.open(folder, copiesLog: false)
            let before = Self.size(folder + "/kessai.db")
            for _ in 0..<30 { try await guest.write { try $0.execute(Self.rows(100)) } }
            #expect(Self.size(folder + "/kessai.db") == before)
            await guest.close()
            #expect(Self.size(folder + "/kessai.db") == before)
            // The server's next commit finds a log that is long enough.
            try await server.write { try $0.execute(Self.rows(1)) }
            #expect(Self.size(folder + "/kessai.db") > 3_000 * 4096)
            #expect(try await Self.count(server) == 3_001)
            await server.close()
            let alone = try await Self.open(folder, copiesLog: false)
            try await alone.write { try $0.execute(Self.rows(100)) }
            await alone.close()
            #expect(Self.size(folder + "/kessai.db-wal") == 0)
            let again = try await Self.open(folder)
            #expect(try await Self.count(again) == 3_101)
            await again.close()
        }
    }

    @Test func `a commit is there for others as soon as it returned`() async throws {
        try await withTemporaryFolder { folder in
            let database = try await Self.open(folder)
            let other = try await Self.open(folder, copiesLog: false)
            for number in 1...50 {
                try await database.write { try $0.execute(Self.rows(1)) }
                #expect(try await Self.count(other) == Int64(number))
            }
            await database.close()
            await other.close()
        }
    }

    @Test func `two that write the same file see each other's rows, and lose none`() async throws {
        try await withTemporaryFolder { folder in
            let databases = [try await Self.open(folder), try await Self.open(folder, copiesLog: false)]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for database in databases {
                    group.addTask {
                        for _ in 0..<40 { try await database.write { try $0.execute(Self.rows(60)) } }
                    }
                }
                try await group.waitForAll()
            }
            for database in databases { #expect(try await Self.count(database) == 4_800) }
            for database in databases { await database.close() }
            let again = try await Self.open(folder)
            #expect(try await Self.count(again) == 4_800)
            let verdict = try await again.read { try $0.row("PRAGMA integrity_check")?.text("integrity_check") }
            #expect(verdict == "ok")
            await again.close()
        }
    }

    @Test func `what was given up is not written over what another has committed since`() async throws {
        struct GivenUp: Error {}
        try await withTemporaryFolder { folder in
            let database = try await Self.open(folder)
            let other = try await Self.open(folder, copiesLog: false)
            for round in 1...4 {
                // More than memory holds, so that the log gets pages before it is given up.
                await #expect(throws: GivenUp.self) {
                    try await database.write { tx in
                        try tx.execute(Self.rows(5_000))
                        throw GivenUp()
                    }
                }
                try await other.write { try $0.execute(Self.rows(100)) }
                try await database.write { try $0.execute(Self.rows(1)) }
                #expect(try await Self.count(other) == Int64(round * 101))
            }
            await database.close()
            await other.close()
            let again = try await Self.open(folder)
            #expect(try await Self.count(again) == 404)
            let verdict = try await again.read { try $0.row("PRAGMA integrity_check")?.text("integrity_check") }
            #expect(verdict == "ok")
            await again.close()
        }
    }

    @Test func `a transaction larger than memory holds is there as a whole, or not at all`() async throws {
        struct GivenUp: Error {}
        try await withTemporaryFolder { folder in
            let database = try await Self.open(folder)
            // 24 MB, while 16 MB of pages are kept: the log gets pages before the commit, and they are read again.
            try await database.write { tx in
                try tx.execute(Self.rows(6_000))
                try tx.execute("UPDATE note SET body = zeroblob(2900) WHERE id % 2 = 0")
            }
            await #expect(throws: GivenUp.self) {
                try await database.write { tx in
                    try tx.execute(Self.rows(6_000))
                    throw GivenUp()
                }
            }
            #expect(try await Self.count(database) == 6_000)
            try await database.write { try $0.execute(Self.rows(1)) }
            let verdict = try await database.read { try $0.row("PRAGMA integrity_check")?.text("integrity_check") }
            #expect(verdict == "ok")
            await database.close()
            let again = try await Self.open(folder)
            #expect(try await Self.count(again) == 6_001)
            await again.close()
        }
    }
}
