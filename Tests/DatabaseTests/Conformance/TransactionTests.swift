import Database
import DatabaseTesting
import KernelTesting
import Synchronization
import Testing

/// What a closure may rely on, whichever engine runs it.
@Suite struct TransactionTests {
    struct Stop: Error, Equatable {}

    @Test(arguments: Subject.all) func `what returned is there`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let changed = try await database.write { tx in
                try tx.execute("UPDATE account SET balance = \(70) WHERE id = \(1)")
            }
            #expect(changed == 1)
            try await expectBalance(70, database)
        }
    }

    @Test(arguments: Subject.all) func `a closure that throws leaves no trace`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let thrown = await failure {
                try await database.write { tx in
                    try tx.execute("UPDATE account SET balance = \(70) WHERE id = \(1)")
                    try tx.execute("INSERT INTO account (id, name, balance) VALUES (\(2), \("second"), \(0))")
                    throw Stop()
                }
            }
            #expect(thrown as? Stop == Stop())
            try await expectBalance(100, database)
            let accounts = try await database.read { try $0.rows("SELECT id FROM account").count }
            #expect(accounts == 1)
        }
    }

    @Test(arguments: Subject.all) func `a closure that throws leaves its siblings alone`(_ subject: Subject)
        async throws
    {
        try await withSubject(subject) { database in
            await withTaskGroup(of: Bool.self) { group in
                for n in 0..<60 {
                    group.addTask {
                        do {
                            try await database.write { tx in
                                try tx.execute("INSERT INTO pair (a, b) VALUES (\(n), \("x"))")
                                if n.isMultiple(of: 3) { throw Stop() }
                            }
                            return true
                        } catch { return false }
                    }
                }
                var kept = 0
                for await done in group where done { kept += 1 }
                #expect(kept == 40)
            }
            let there = try await database.read { try $0.rows("SELECT a FROM pair").map { try $0.int("a") } }
            let seen = Set(there)
            let expected = Set((0..<60).filter { !$0.isMultiple(of: 3) }.map(Int64.init))
            #expect(seen == expected)
        }
    }

    @Test(arguments: Subject.all) func `a savepoint undoes only what is inside`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            // What the run saw that was kept: one before it may have been given up.
            let stopped = try await database.write { tx in
                try tx.execute("INSERT INTO pair (a, b) VALUES (1, 'outer')")
                let first = Self.stopped {
                    try tx.savepoint {
                        try tx.execute("INSERT INTO pair (a, b) VALUES (2, 'undone')")
                        try tx.savepoint { try tx.execute("INSERT INTO pair (a, b) VALUES (3, 'undone too')") }
                        throw Stop()
                    }
                }
                let second = try tx.savepoint {
                    try tx.execute("INSERT INTO pair (a, b) VALUES (4, 'kept')")
                    return Self.stopped {
                        try tx.savepoint {
                            try tx.execute("INSERT INTO pair (a, b) VALUES (5, 'undone')")
                            throw Stop()
                        }
                    }
                }
                return [first, second]
            }
            #expect(stopped == [true, true])
            #expect(try await pairs(database) == [1, 4])
        }
    }

    @Test(arguments: Subject.all) func `a refused statement in a savepoint does not spoil the rest`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            try await database.write { tx in
                for n in [1, 1, 2, 2, 3] {
                    do {
                        try tx.savepoint { try tx.execute("INSERT INTO pair (a, b) VALUES (\(n), 'x')") }
                    } catch DatabaseError.uniqueViolation {
                        // Such a row is there already.
                    }
                }
            }
            #expect(try await pairs(database) == [1, 2, 3])
        }
    }

    @Test(arguments: Subject.all) func `an error that the closure swallows does not commit`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let refused = await failure {
                try await database.write { tx in
                    try tx.execute("INSERT INTO pair (a, b) VALUES (7, 'x')")
                    do { try tx.execute("INSERT INTO pair (a, b) VALUES (7, 'x')") } catch {}
                }
            }
            let isRight = refused.map { Self.isUniqueViolation($0) } ?? false
            #expect(isRight)
            let kept = try await pairs(database)
            #expect(kept == [])
        }
    }

    @Test(arguments: Subject.all) func `after an error every statement throws it again`(_ subject: Subject) async throws
    {
        try await withSubject(subject) { database in
            let refused = await failure {
                try await database.write { tx in
                    do { try tx.execute("INSERT INTO account (id, name, balance) VALUES (1, 'again', 0)") } catch {}
                    let refused2 = failureNow { try tx.execute("SELECT 1 AS one") }
                    let isRight = refused2.map { Self.isUniqueViolation($0) } ?? false
                    #expect(isRight)
                    let refused3 = failureNow { try tx.savepoint {} }
                    let isRight2 = refused3.map { Self.isUniqueViolation($0) } ?? false
                    #expect(isRight2)
                }
            }
            let isRight3 = refused.map { Self.isUniqueViolation($0) } ?? false
            #expect(isRight3)
        }
    }

    @Test(arguments: Subject.all) func `a savepoint whose body swallows an error is undone`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let isRight = try await database.write { tx in
                try tx.execute("INSERT INTO pair (a, b) VALUES (1, 'x')")
                let refused = failureNow {
                    try tx.savepoint {
                        try tx.execute("INSERT INTO pair (a, b) VALUES (2, 'x')")
                        do { try tx.execute("INSERT INTO pair (a, b) VALUES (2, 'x')") } catch {}
                    }
                }
                let isRight = refused.map { Self.isUniqueViolation($0) } ?? false
                try tx.execute("INSERT INTO pair (a, b) VALUES (3, 'x')")
                return isRight
            }
            #expect(isRight)
            #expect(try await pairs(database) == [1, 3])
        }
    }

    @Test(
        arguments: Subject.all,
        [
            "INSERT INTO pair (a, b) VALUES (1, 'x')", "UPDATE account SET balance = 0", "DELETE FROM account",
            "CREATE TABLE fresh (id INTEGER)", "DELETE FROM account WHERE id = 99 RETURNING id",
        ])
    func `a read cannot write`(_ subject: Subject, _ statement: String) async throws {
        try await withSubject(subject) { database in
            let thrown = await failure {
                try await database.read { try $0.execute(SQL(unsafe: statement)) }
            }
            #expect(thrown is DatabaseError)
            let thrown2 = await failure {
                // Also not in a savepoint that swallows the refusal.
                try await database.read { tx in
                    do { try tx.execute(SQL(unsafe: statement)) } catch {}
                }
            }
            #expect(thrown2 is DatabaseError)
            try await expectBalance(100, database)
        }
    }

    @Test(
        arguments: Subject.all,
        [
            "BEGIN", "commit", "COMMIT", "ROLLBACK", "BEGIN IMMEDIATE", "  END", "/* now */ COMMIT", "-- now\nROLLBACK",
            "ROLLBACK TRANSACTION", ";COMMIT",
        ])
    func `a closure cannot begin or end the transaction`(_ subject: Subject, _ statement: String) async throws {
        try await withSubject(subject) { database in
            let thrown = await failure {
                try await database.write { tx in
                    try tx.execute("UPDATE account SET balance = 0 WHERE id = 1")
                    try tx.execute(SQL(unsafe: statement))
                }
            }
            #expect(thrown is DatabaseError)
            try await expectBalance(100, database)
        }
    }

    @Test(arguments: Subject.all) func `one text is one statement`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let thrown = await failure {
                try await database.write { try $0.execute("DELETE FROM pair; DELETE FROM account") }
            }
            #expect(thrown is DatabaseError)
            try await expectBalance(100, database)
            // What trails a statement is no second one.
            try await database.write { try $0.execute("UPDATE account SET balance = 5 WHERE id = 1; -- done\n") }
            try await expectBalance(5, database)
        }
    }

    @Test(arguments: Subject.all) func `a cancelled task's read does not begin, and its write is done (law 2)`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let reading = Task {
                while !Task.isCancelled { await Task.yield() }
                _ = try await database.read { try $0.rows("SELECT balance FROM account") }
            }
            reading.cancel()
            let thrown = await failure { try await reading.value }
            #expect(thrown is CancellationError)
            let writing = Task {
                while !Task.isCancelled { await Task.yield() }
                _ = try await database.write { try $0.execute("UPDATE account SET balance = 7 WHERE id = 1") }
            }
            writing.cancel()
            try await writing.value
            try await expectBalance(7, database)
        }
    }

    @Test(arguments: Subject.all) func `cancelling tasks in the midst leaves nothing half done`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let tasks = (0..<40).map { n in
                Task {
                    try await database.write { tx in
                        try tx.execute("INSERT INTO pair (a, b) VALUES (\(n), 'one')")
                        try tx.execute("INSERT INTO pair (a, b) VALUES (\(n), 'two')")
                    }
                }
            }
            for task in tasks.dropFirst(3) { task.cancel() }
            var finished: [Int64] = []
            for (n, task) in tasks.enumerated() where (try? await task.value) != nil { finished.append(Int64(n)) }
            // What was answered is there; whatever is there is whole, and the database goes on.
            let whole = try await database.read { tx in
                try tx.rows("SELECT a, count(*) AS n FROM pair GROUP BY a").map { [try $0.int("a"), try $0.int("n")] }
            }
            let seen = whole.allSatisfy { $0[1] == 2 }
            #expect(seen)
            let seen2 = Set(finished)
            let expected = Set(whole.map { $0[0] })
            #expect(seen2 == expected)
        }
    }

    @Test(arguments: Subject.all) func `a closed database refuses, and closing twice is closing once`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            await database.close()
            await database.close()
            let thrown = await failure { try await database.write { try $0.execute("SELECT 1") } }
            #expect(thrown as? DatabaseError == DatabaseError.closed)
            let thrown2 = await failure { try await database.read { try $0.execute("SELECT 1") } }
            #expect(thrown2 as? DatabaseError == DatabaseError.closed)
        }
    }

    private func expectBalance(
        _ expected: Int64, _ database: any Database, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let balance = try await database.read {
            try $0.row("SELECT balance FROM account WHERE id = \(1)")?.int("balance")
        }
        #expect(balance == expected, sourceLocation: sourceLocation)
    }

    private func pairs(_ database: any Database) async throws -> [Int64] {
        try await database.read { try $0.rows("SELECT a FROM pair ORDER BY a").map { try $0.int("a") } }
    }

    /// Closures within closures within two `#expect`s get each other's bodies in Swift 6.3, so this is a function.
    private static func stopped(_ body: () throws -> Void) -> Bool {
        do { try body() } catch { return error is Stop }
        return false
    }

    private static func isUniqueViolation(_ error: any Error) -> Bool {
        guard case .uniqueViolation = error as? DatabaseError else { return false }
        return true
    }
}
