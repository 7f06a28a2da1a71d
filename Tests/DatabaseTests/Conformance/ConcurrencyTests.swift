import Database
import Testing

/// Many at once: nothing is lost, nothing is taken twice.
@Suite struct ConcurrencyTests {
    @Test(arguments: Subject.all) func `200 increments by one statement are 200`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            try await atOnce(200) { _ in
                let changed = try await database.write {
                    try $0.execute("UPDATE account SET balance = balance + 1 WHERE id = \(1)")
                }
                #expect(changed == 1)
            }
            #expect(try await balance(database) == 300)
        }
    }

    @Test(arguments: Subject.all) func `a row locked to be read and then written loses no update`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            try await atOnce(60) { _ in
                try await database.write { tx in
                    let row = try #require(
                        try tx.row("SELECT balance FROM account WHERE id = \(1)\(unsafe: tx.forUpdate)"))
                    try tx.execute("UPDATE account SET balance = \(try row.int("balance") + 1) WHERE id = \(1)")
                }
            }
            #expect(try await balance(database) == 160)
        }
    }

    /// Law 11: one statement checks and takes.
    @Test(arguments: Subject.all) func `check and take never goes below zero`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let taken = try await atOnce(150) { _ in
                try await database.write {
                    try $0.row(
                        """
                        UPDATE account SET balance = balance - 1 WHERE id = \(1) AND balance >= 1 RETURNING balance
                        """) != nil
                }
            }
            let seen = taken.count { $0 }
            #expect(seen == 100)
            #expect(try await balance(database) == 0)
        }
    }

    @Test(arguments: Subject.all) func `of many with the same key one is stored`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let stored = try await atOnce(80) { _ in
                try await database.write {
                    try $0.execute("INSERT INTO pair (a, b) VALUES (\(1), \("key")) ON CONFLICT DO NOTHING")
                }
            }
            #expect(stored.reduce(0, +) == 1)
        }
    }

    @Test(arguments: Subject.all) func `claimed work is claimed once`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            try await database.write { tx in
                for n in 0..<40 { try tx.execute("INSERT INTO thing (id, n) VALUES (\(n), 0)") }
            }
            let claimed = try await atOnce(8) { _ in
                try await database.write { tx in
                    try tx.rows(
                        """
                        UPDATE thing SET n = 1 WHERE id IN
                        (SELECT id FROM thing WHERE n = 0 ORDER BY id LIMIT \(10)\(unsafe: tx.forUpdateSkipLocked))
                        RETURNING id
                        """
                    ).map { try $0.int("id") }
                }
            }
            let ids = claimed.flatMap { $0 }
            #expect(ids.count == Set(ids).count)
            #expect(ids.count == 40)
        }
    }

    @Test(arguments: Subject.all) func `a read is one snapshot while others write`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            try await database.write {
                try $0.execute("INSERT INTO account (id, name, balance) VALUES (2, 'second', 100)")
            }
            try await withThrowingTaskGroup { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await database.write { tx in
                            try tx.execute("UPDATE account SET balance = balance - 1 WHERE id = \(1)")
                            try tx.execute("UPDATE account SET balance = balance + 1 WHERE id = \(2)")
                        }
                    }
                    group.addTask {
                        let sum = try await database.read { tx in
                            // Two statements: the second must not see more than the first.
                            let one = try tx.row("SELECT balance FROM account WHERE id = \(1)")?.int("balance")
                            let two = try tx.row("SELECT balance FROM account WHERE id = \(2)")?.int("balance")
                            return (one ?? 0) + (two ?? 0)
                        }
                        #expect(sum == 200)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: Subject.all) func `a read sees every write that had returned`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            try await atOnce(30) { n in
                try await database.write { try $0.execute("INSERT INTO pair (a, b) VALUES (\(n), 'x')") }
                let seen = try await database.read { try $0.row("SELECT b FROM pair WHERE a = \(n)") }
                #expect(seen != nil)
            }
        }
    }

    /// Locks taken crosswise: PostgreSQL ends one of the two, and the driver runs it again.
    @Test(arguments: Subject.all) func `crosswise locks are resolved without an error`(_ subject: Subject) async throws
    {
        try await withSubject(subject) { database in
            try await database.write {
                try $0.execute("INSERT INTO account (id, name, balance) VALUES (2, 'second', 100)")
            }
            try await atOnce(10) { n in
                try await database.write { tx in
                    let (first, second) = n.isMultiple(of: 2) ? (1, 2) : (2, 1)
                    try tx.execute("UPDATE account SET balance = balance + 1 WHERE id = \(first)")
                    try tx.execute("UPDATE account SET balance = balance + 1 WHERE id = \(second)")
                }
            }
            #expect(try await balance(database) == 110)
        }
    }

    private func balance(_ database: any Database) async throws -> Int64? {
        try await database.read { try $0.row("SELECT balance FROM account WHERE id = \(1)")?.int("balance") }
    }

    @discardableResult
    private func atOnce<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for n in 0..<count { group.addTask { try await body(n) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
