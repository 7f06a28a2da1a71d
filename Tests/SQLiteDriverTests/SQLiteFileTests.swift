import Database
import DatabaseTesting
import FoundationEssentials
import Kernel
import KernelTesting
import SQLiteDriver
import Testing

/// What is kept in a file: durable, private, and shared with other processes as far as locks go.
@Suite(.timeLimit(.minutes(5))) struct SQLiteFileTests {
    @Test func `what was committed is there after opening again`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/new/folder/kessai.db"
            let first = try SQLiteDatabase(at: .file(path: path), clock: ManualClock())
            try await first.write { tx in
                try tx.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
                try tx.execute("INSERT INTO note (id, body) VALUES (1, \("kept"))")
            }
            await first.close()
            let second = try SQLiteDatabase(at: .file(path: path), clock: ManualClock())
            let body = try await second.read { try $0.row("SELECT body FROM note")?.text("body") }
            #expect(body == "kept")
            await second.close()
        }
    }

    @Test func `nobody else can read the file, its log or its folder`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/new/kessai.db"
            let database = try SQLiteDatabase(at: .file(path: path), clock: ManualClock())
            try await database.write { try $0.execute("CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT") }
            for file in [path, path + "-wal", path + "-shm"] { #expect(try mode(file) == 0o600) }
            #expect(try mode(folder + "/new") == 0o700)
            await database.close()
        }
    }

    @Test func `every commit reaches the disk, and keys are enforced`() async throws {
        try await withTemporaryFolder { folder in
            let database = try SQLiteDatabase(at: .file(path: folder + "/kessai.db"), clock: ManualClock())
            let settings = try await database.write { tx in
                try ["journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "trusted_schema"].map {
                    name in
                    try tx.row(SQL(unsafe: "PRAGMA \(name)"))?.value(name)
                }
            }
            #expect(settings == [.text("wal"), .int(2), .int(1), .int(1), .int(0)])
            await database.close()
        }
    }

    @Test func `reads go on while a write runs, on what was there before it`() async throws {
        try await withTemporaryFolder { folder in
            let database = try SQLiteDatabase(at: .file(path: folder + "/kessai.db"), clock: ManualClock())
            try await database.write { try $0.execute("CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT") }
            let latch = Latch()
            let writing = Task {
                try await database.write { tx in
                    try tx.execute("INSERT INTO note (id) VALUES (1)")
                    latch.hold()
                }
            }
            await latch.reached()
            let seen = try await database.read { try $0.rows("SELECT id FROM note").count }
            #expect(seen == 0)
            latch.open()
            try await writing.value
            let seen2 = try await database.read { try $0.rows("SELECT id FROM note").count }
            #expect(seen2 == 1)
            await database.close()
        }
    }

    @Test func `another process's lock is waited for, and for no longer than allowed`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/kessai.db"
            let ours = try SQLiteDatabase(at: .file(path: path), busyTimeoutMs: 40, clock: ManualClock())
            let theirs = try SQLiteDatabase(at: .file(path: path), clock: ManualClock())
            try await ours.write { try $0.execute("CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT") }
            let latch = Latch()
            let holding = Task { try await theirs.write { _ in latch.hold() } }
            await latch.reached()
            let refused = await withTaskGroup(of: Bool.self) { group in
                for n in 0..<20 {
                    group.addTask {
                        do {
                            try await ours.write { try $0.execute("INSERT INTO note (id) VALUES (\(n))") }
                            return false
                        } catch {
                            guard case .unavailable = error as? DatabaseError else { return false }
                            return true
                        }
                    }
                }
                return await group.reduce(into: 0) { if $1 { $0 += 1 } }
            }
            #expect(refused == 20)
            // Reading needs no lock.
            let seen = try await ours.read { try $0.rows("SELECT id FROM note").count }
            #expect(seen == 0)
            latch.open()
            try await holding.value
            try await ours.write { try $0.execute("INSERT INTO note (id) VALUES (1)") }
            let seen2 = try await theirs.read { try $0.rows("SELECT id FROM note").map { try $0.int("id") } }
            #expect(seen2 == [1])
            await ours.close()
            await theirs.close()
        }
    }

    @Test func `many may open a new file at once`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/kessai.db"
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        let database = try SQLiteDatabase(at: .file(path: path), readers: 2, clock: ManualClock())
                        try await database.write {
                            try $0.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY) STRICT")
                        }
                        await database.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a file that is no database, or cannot be one, is refused when it is opened`() async throws {
        try await withTemporaryFolder { folder in
            let text = folder + "/text.db"
            try Data(String(repeating: "not a database ", count: 100).utf8).write(to: URL(filePath: text))
            for path in [text, folder, folder + "/text.db/inside.db", "/dev/null/kessai.db"] {
                let refused = failureNow {
                    _ = try SQLiteDatabase(at: .file(path: path), busyTimeoutMs: 20, clock: ManualClock())
                }
                let isRight =
                    refused.map { error -> Bool in
                        guard case .unavailable(let reason) = error as? DatabaseError else { return false }
                        return !reason.isEmpty
                    } ?? false
                #expect(isRight)
            }
        }
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}
