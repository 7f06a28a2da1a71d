import Database
import DatabaseTesting
import Kernel
import KernelTesting
import SQLiteDriver
import Synchronization
import Testing

/// Many writes, few commits, and each answer durable all the same.
@Suite(.timeLimit(.minutes(5))) struct GroupCommitTests {
    @Test func `writes that wait together share a commit`() async throws {
        try await withFile { database in
            let before = database.statistics
            try await held(database, waiting: 100) { n in
                { try $0.execute("INSERT INTO child (id, parent_id) VALUES (\(n), 1)") }
            } outcome: { _, error in
                #expect(error == nil)
            }
            let after = database.statistics
            // One for the closure that held the thread, one for all that waited.
            #expect(after.commits - before.commits == 2)
            #expect(after.closures - before.closures == 101)
            #expect(after.waiting == 0)
        }
    }

    @Test func `more than one commit may hold are committed in turns`() async throws {
        try await withFile { database in
            let before = database.statistics.commits
            try await held(database, waiting: 300) { n in
                { try $0.execute("INSERT INTO child (id, parent_id) VALUES (\(n), 1)") }
            } outcome: { _, error in
                #expect(error == nil)
            }
            #expect((3...5).contains(database.statistics.commits - before))
        }
    }

    @Test func `who fails in a group fails alone, and the group still commits once`() async throws {
        struct Stop: Error {}
        try await withFile { database in
            let before = database.statistics
            try await held(database, waiting: 60) { n in
                { tx in
                    switch n % 6 {
                    case 0: try tx.execute("INSERT INTO child (id, parent_id) VALUES (\(n), 99)")
                    case 1: try tx.execute("INSERT INTO child (id, later_id) VALUES (\(n), 99)")
                    case 2: try tx.execute("INSERT INTO parent (id) VALUES (1)")
                    case 3:
                        try tx.execute("INSERT INTO child (id, parent_id) VALUES (\(n), 1)")
                        throw Stop()
                    default: try tx.execute("INSERT INTO child (id, parent_id) VALUES (\(n), 1)")
                    }
                }
            } outcome: { n, error in
                switch n % 6 {
                case 0, 1: #expect(error as? DatabaseError == .foreignKeyViolation)
                case 2: #expect(error as? DatabaseError == .uniqueViolation(constraint: "parent.id"))
                case 3: #expect(error is Stop)
                default: #expect(error == nil)
                }
            }
            let after = database.statistics
            #expect(after.commits - before.commits == 2)
            #expect(after.closures - before.closures == 21)
            let stored = try await database.read { try $0.rows("SELECT id FROM child").map { try $0.int("id") } }
            let seen = Set(stored)
            let expected = Set((0..<60).filter { $0 % 6 > 3 }.map(Int64.init))
            #expect(seen == expected)
        }
    }

    /// Savepoints are made only for a group in which something must be undone.
    @Test(arguments: [false, true])
    func `closures run once, and again only when one of them threw after it had written`(
        _ writesFirst: Bool
    ) async throws {
        struct Stop: Error {}
        let runs = Atomic<Int>(0)
        try await withFile { database in
            try await held(database, waiting: 30) { n in
                { tx in
                    runs.add(1, ordering: .relaxed)
                    if n % 3 == 0, !writesFirst { throw Stop() }
                    try tx.execute("INSERT INTO child (id, parent_id) VALUES (\(n), 1)")
                    if n % 3 == 0 { throw Stop() }
                }
            } outcome: { n, error in
                #expect((error is Stop) == (n % 3 == 0))
            }
            let stored = try await database.read { try $0.rows("SELECT id FROM child").map { try $0.int("id") } }
            let expected = Set((0..<30).filter { $0 % 3 != 0 }.map(Int64.init))
            #expect(Set(stored) == expected)
        }
        let count = runs.load(ordering: .relaxed)
        // The group was given up at the first that threw, and then all ran again.
        #expect(writesFirst ? (31...60).contains(count) : count == 30)
    }

    /// An error that makes SQLite undo the whole transaction takes the siblings' work with it; they run again alone.
    @Test(arguments: [false, true])
    func `a full disk hits only who needs the space, and siblings are neither lost nor doubled`(
        _ swallows: Bool
    ) async throws {
        try await withFile { database in
            try await database.write { tx in
                let pages = try #require(try tx.row("PRAGMA page_count")).int("page_count")
                try tx.execute("PRAGMA max_page_count = \(unsafe: String(pages + 8))")
            }
            try await held(database, waiting: 40) { n in
                { tx in
                    try tx.execute("UPDATE parent SET count = count + 1 WHERE id = 1")
                    guard n % 10 == 0 else { return }
                    do {
                        try tx.execute("INSERT INTO big (id, data) VALUES (\(n), zeroblob(1000000))")
                    } catch {
                        if !swallows { throw error }
                    }
                }
            } outcome: { n, error in
                #expect(error as? DatabaseError == (n % 10 == 0 ? .diskFull : nil))
            }
            #expect(try await count(database) == 36)
            // As soon as there is space again, all is well.
            try await database.write { try $0.execute("PRAGMA max_page_count = 100000") }
            try await database.write { try $0.execute("INSERT INTO big (id, data) VALUES (1, zeroblob(1000000))") }
            #expect(try await count(database) == 36)
        }
    }

    @Test func `a full disk in a savepoint does not commit half of a closure`() async throws {
        try await withFile { database in
            try await database.write { tx in
                let pages = try #require(try tx.row("PRAGMA page_count")).int("page_count")
                try tx.execute("PRAGMA max_page_count = \(unsafe: String(pages + 8))")
            }
            let thrown = await failure {
                try await database.write { tx in
                    try tx.execute("UPDATE parent SET count = 1000 WHERE id = 1")
                    do {
                        try tx.savepoint { try tx.execute("INSERT INTO big (id, data) VALUES (1, zeroblob(1000000))") }
                    } catch {
                        // SQLite has undone the update as well; what follows must not be a transaction of its own.
                    }
                    try tx.execute("UPDATE parent SET count = count + 1 WHERE id = 1")
                }
            }
            #expect(thrown is DatabaseError)
            #expect(try await count(database) == 0)
        }
    }

    private func count(_ database: any Database) async throws -> Int64? {
        try await database.read { try $0.row("SELECT count FROM parent WHERE id = 1")?.int("count") }
    }

    private func withFile(_ body: (SQLiteDatabase) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let database = try SQLiteDatabase(at: .file(path: folder + "/test.db"), clock: ManualClock())
            try await database.write { tx in
                try tx.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY, count INTEGER NOT NULL DEFAULT 0) STRICT")
                try tx.execute(
                    """
                    CREATE TABLE child (
                        id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id),
                        later_id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED) STRICT
                    """)
                try tx.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT")
                try tx.execute("INSERT INTO parent (id) VALUES (1)")
            }
            try await body(database)
            await database.close()
        }
    }

    /// Holds the writer until `waiting` closures wait for it, and looks at what became of each.
    private func held(
        _ database: SQLiteDatabase, waiting count: Int,
        _ closure: @Sendable (Int) -> @Sendable (Transaction) throws -> Void,
        outcome: (Int, (any Error)?) -> Void
    ) async throws {
        let latch = Latch()
        let holding = Task { try await database.write { _ in latch.hold() } }
        await latch.reached()
        let tasks = (0..<count).map { n in
            let body = closure(n)
            return Task { try await database.write { try body($0) } }
        }
        while database.statistics.waiting < count { await Task.yield() }
        latch.open()
        try await holding.value
        for (n, task) in tasks.enumerated() {
            switch await task.result {
            case .success: outcome(n, nil)
            case .failure(let error): outcome(n, error)
            }
        }
    }
}
