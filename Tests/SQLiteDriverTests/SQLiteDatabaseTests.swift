import Database
import DatabaseTesting
import Foundation
import Kernel
import KernelTesting
import SQLiteDriver
import Testing

/// What only this driver promises.
@Suite(.timeLimit(.minutes(5))) struct SQLiteDatabaseTests {
    @Test func `inline closures run on the caller without a hop`() async throws {
        let database = try SQLiteDatabase(at: .memory, execution: .inline, clock: ManualClock())
        let before = pthread_self()
        let during = try await database.write { _ in pthread_self() }
        let reading = try await database.read { _ in pthread_self() }
        #expect(before == during)
        #expect(before == reading)
        await database.close()
    }

    @Test func `inline each closure has its own commit`() async throws {
        let database = try SQLiteDatabase(at: .memory, execution: .inline, clock: ManualClock())
        try await database.write { try $0.execute("CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT") }
        for n in 0..<5 { try await database.write { try $0.execute("INSERT INTO note (id) VALUES (\(n))") } }
        let thrown = await failure {
            try await database.write { try $0.execute("INSERT INTO note (id) VALUES (1)") }
        }
        #expect(thrown is DatabaseError)
        #expect(database.statistics.commits == 6)
        #expect(database.statistics.closures == 6)
        await database.close()
    }

    @Test(arguments: [true, false])
    func `more than may wait are refused at once, and those who wait are served`(_ isWrite: Bool) async throws {
        try await withTemporaryFolder { folder in
            let database = try SQLiteDatabase(
                at: .file(path: folder + "/kessai.db"), readers: 1, queueMax: 5, clock: ManualClock())
            let run: @Sendable (@escaping @Sendable (Transaction) throws -> Void) async throws -> Void = { body in
                if isWrite { try await database.write(body) } else { try await database.read(body) }
            }
            let latch = Latch()
            let holding = Task { try await run { _ in latch.hold() } }
            await latch.reached()
            let outcomes = await withTaskGroup(of: DatabaseError?.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        do {
                            try await run { try $0.execute("SELECT 1 AS one") }
                            return nil
                        } catch { return error as? DatabaseError }
                    }
                }
                var outcomes: [DatabaseError?] = []
                for await outcome in group {
                    outcomes.append(outcome)
                    // The refused come first: the others still wait for the latch.
                    if outcomes.count == 7 { latch.open() }
                }
                return outcomes
            }
            #expect(outcomes == Array(repeating: .overloaded, count: 7) + Array(repeating: nil, count: 5))
            try await holding.value
            await database.close()
        }
    }

    @Test func `closing lets finish what runs and refuses what waits`() async throws {
        let database = try SQLiteDatabase(at: .memory, clock: ManualClock())
        let latch = Latch()
        let running = Task {
            try await database.write { tx in
                try tx.execute("CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT")
                latch.hold()
            }
        }
        await latch.reached()
        let waiting = Task { try await database.write { try $0.execute("SELECT 1 AS one") } }
        while database.statistics.waiting == 0 { await Task.yield() }
        let closing = Task { await database.close() }
        let thrown = await failure { try await waiting.value }
        #expect(thrown as? DatabaseError == DatabaseError.closed)
        latch.open()
        try await running.value
        await closing.value
    }

    @Test func `a database that is let go without closing ends its threads`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/kessai.db"
            for n in 0..<20 {
                let database = try SQLiteDatabase(at: .file(path: path), readers: 2, clock: ManualClock())
                try await database.write {
                    try $0.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY) STRICT")
                    try $0.execute("INSERT INTO note (id) VALUES (\(n))")
                }
                let seen = try await database.read { try $0.rows("SELECT id FROM note").count }
                #expect(seen == n + 1)
            }
        }
    }

    @Test func `an unquoted slip is no text`() async throws {
        try await withDatabase(.sqlite) { database in
            let thrown = await failure {
                try await database.read { try $0.execute("SELECT \"no such column\" AS t") }
            }
            #expect(thrown is DatabaseError)
        }
    }

    @Test func `replacing a row fires the trigger that guards it`() async throws {
        try await withDatabase(.sqlite) { database in
            try await database.write { tx in
                try tx.execute("CREATE TABLE posting (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL) STRICT")
                try tx.execute(
                    "CREATE TRIGGER kept BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'postings are kept'); END")
                try tx.execute("INSERT INTO posting (id, amount) VALUES (1, 100)")
            }
            let thrown = await failure {
                try await database.write { try $0.execute("REPLACE INTO posting (id, amount) VALUES (1, 0)") }
            }
            #expect(thrown as? DatabaseError == DatabaseError.refusedByTrigger)
        }
    }

    @Test func `search works with all guards on: full text, trigrams and areas`() async throws {
        try await withDatabase(.sqlite) { database in
            try await database.write { tx in
                try tx.execute("CREATE TABLE school (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT")
                try tx.execute("CREATE VIRTUAL TABLE school_text USING fts5 (name, tokenize = 'trigram')")
                try tx.execute("CREATE VIRTUAL TABLE school_area USING rtree (id, west, east, south, north)")
                try tx.execute("INSERT INTO school (id, name) VALUES (7, \("ひまわり音楽教室"))")
                // By code: with `trusted_schema` off a trigger may not write to a virtual table.
                try tx.execute("INSERT INTO school_text (rowid, name) SELECT id, name FROM school")
                try tx.execute("INSERT INTO school_area SELECT id, 139.5, 139.5, 35.5, 35.5 FROM school")
            }
            let found = try await database.read { tx in
                let text = try tx.row("SELECT rowid AS id FROM school_text WHERE school_text MATCH \("音楽教")")
                let area = try tx.row("SELECT id, west FROM school_area WHERE west >= 139 AND east <= 140")
                return (try text?.int("id"), try area?.int("id"), try area?.text("west"))
            }
            #expect(found == (7, 7, "139.5"))
        }
    }

    @Test func `a search that cannot be understood repeats none of it`() async throws {
        let search = "\"hunter2 AND ("
        try await withDatabase(.sqlite) { database in
            try await database.write { try $0.execute("CREATE VIRTUAL TABLE t USING fts5 (name)") }
            let thrown = await failure {
                try await database.read { try $0.rows("SELECT name FROM t WHERE t MATCH \(search)").count }
            }
            #expect(thrown is DatabaseError)
            #expect(!"\(String(describing: thrown))".contains("hunter2"))
        }
    }

    @Test func `parameters must be numbered`() async throws {
        try await withDatabase(.sqlite) { database in
            for text in [
                "SELECT ? AS a", "SELECT :name AS a", "SELECT @name AS a", "SELECT $name AS a", "SELECT $0 AS a",
            ] {
                let thrown = await failure {
                    try await database.read { try $0.rows(SQL(unsafe: text, values: [.int(1)])).count }
                }
                #expect(thrown is DatabaseError)
            }
        }
    }
}
