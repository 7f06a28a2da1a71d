import Database
import DatabaseTesting
import Foundation
import KernelTesting
import SQLiteDriver
import Testing

/// The write-ahead log: put together before it is written, and copied into the file beside the writer.
@Suite(.timeLimit(.minutes(5))) struct SQLiteLogTests {
    /// Rows of 3,000 bytes each, so that each has a page.
    private static func rows(_ count: Int) -> SQL {
        """
        INSERT INTO note (body)
        WITH RECURSIVE counted (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < \(count))
        SELECT zeroblob(3000) FROM counted
        """
    }

    private static func open(_ folder: String) async throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(at: .file(path: folder + "/kessai.db"), clock: ManualClock())
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

    @Test
    func `a long log is copied into the file while the database is open, and does not grow for ever`() async throws {
        try await withTemporaryFolder { folder in
            let database = try await Self.open(folder)
            // 400 times 100 pages: ten times what the log may have before it is copied, and more than it may ever have.
            for _ in 0..<400 { try await database.write { try $0.execute(Self.rows(100)) } }
            #expect(try await Self.count(database) == 40_000)
            #expect(Self.size(folder + "/kessai.db") > 20_000 * 4096)
            #expect(Self.size(folder + "/kessai.db-wal") < 17_000 * 4120)
            await database.close()
            #expect(Self.size(folder + "/kessai.db") > 40_000 * 4096)
            #expect(Self.size(folder + "/kessai.db-wal") == 0)
            let again = try await Self.open(folder)
            #expect(try await Self.count(again) == 40_000)
            await again.close()
        }
    }

    @Test func `a commit is there for others as soon as it returned`() async throws {
        try await withTemporaryFolder { folder in
            let database = try await Self.open(folder)
            let other = try await Self.open(folder)
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
            let databases = [try await Self.open(folder), try await Self.open(folder)]
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
            let other = try await Self.open(folder)
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
