import Database
import Glibc
import KernelTesting
import SQLiteDriver
import Testing

/// A database is one file with one name, and what is none is left alone.
@Suite struct SQLiteNamesTests {
    private func inFolder(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/kessai-names.XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            for name in [
                "a.db", "b.db", "a.db.lock", "a.db-wal", "a.db-shm", "other", "other.lock", "pipe", "pipe.lock",
            ] {
                unlink("\(folder)/\(name)")
            }
            rmdir(folder)
        }
        try await body(folder)
    }

    private func reason(_ body: () throws -> Void) -> String {
        do {
            try body()
        } catch DatabaseError.unavailable(let reason) {
            return reason
        } catch {
            return "\(error)"
        }
        return ""
    }

    @Test func `a file with a second name is neither opened nor served`() async throws {
        try await inFolder { folder in
            let path = "\(folder)/a.db"
            let database = try SQLiteDatabase(at: .file(path: path), clock: ManualClock())
            _ = try await database.write { tx in try tx.execute("CREATE TABLE thing (id BIGINT)") }
            await database.close()
            #expect(link(path, "\(folder)/b.db") == 0)
            for name in ["a.db", "b.db"] {
                let named = "\(folder)/\(name)"
                #expect(
                    reason { _ = try SQLiteDatabase(at: .file(path: named), clock: ManualClock()) }
                        .contains("has 2 names"))
                #expect(reason { _ = try SQLiteServerLock(ofDatabaseAt: named) }.contains("has 2 names"))
            }
            unlink("\(folder)/b.db")
            #expect(try SQLiteServerLock(ofDatabaseAt: path) != nil)
        }
    }

    @Test func `beside a file that is no database no lock is left`() async throws {
        try await inFolder { folder in
            let path = "\(folder)/other"
            let file = try #require(fopen(path, "w"))
            fputs("root:x:0:0:root:/root:/bin/bash\n", file)
            fclose(file)
            #expect(reason { _ = try SQLiteServerLock(ofDatabaseAt: path) }.contains("is not a SQLite database"))
            #expect(access("\(path).lock", F_OK) != 0)
        }
    }

    @Test func `what is no file is refused, and not waited for`() async throws {
        try await inFolder { folder in
            let path = "\(folder)/pipe"
            #expect(mkfifo(path, 0o600) == 0)
            #expect(reason { _ = try SQLiteServerLock(ofDatabaseAt: path) }.contains("is not a file"))
            #expect(access("\(path).lock", F_OK) != 0)
        }
    }
}
