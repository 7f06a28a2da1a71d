import Database
import DatabaseTesting
import Testing

/// Statements that need not be waited for mean the same on every database, waited for or not.
// A bound for what hangs; waiting for a schema of the shared server counts, too.
@Suite(.timeLimit(.minutes(5))) struct SendingTests {
    private static func insertion(_ number: Int) -> SQL { "INSERT INTO pair (a, b) VALUES (\(number), 'x')" }

    private func pairs(_ database: any Database) async throws -> [Int64] {
        try await database.read { tx in try tx.rows("SELECT a FROM pair ORDER BY a").map { try $0.int("a") } }
    }

    private static func isUniqueViolation(_ error: (any Error)?) -> Bool {
        if case DatabaseError.uniqueViolation? = error as? DatabaseError { true } else { false }
    }

    @Test(arguments: Subject.all) func `what follows sees what they did`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            for round in 0..<3 {
                let seen = try await database.write { tx in
                    try tx.send(Self.insertion(2 * round))
                    let count = try tx.row("SELECT COUNT(*) AS n FROM pair")?.int("n")
                    try tx.send(Self.insertion(2 * round + 1))
                    return count
                }
                #expect(seen == Int64(2 * round + 1))
            }
            #expect(try await pairs(database) == Array(0..<6))
        }
    }

    @Test(arguments: Subject.all) func `their errors are those of the transaction`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            for _ in 0..<3 {
                let refused = await failure {
                    try await database.write { tx in
                        try tx.send(Self.insertion(1))
                        try tx.send(Self.insertion(1))
                    }
                }
                #expect(Self.isUniqueViolation(refused))
                let kept = try await pairs(database)
                #expect(kept.isEmpty)
            }
            // One that a closure swallows does not commit either.
            let swallowed = await failure {
                try await database.write { tx in
                    try tx.send(Self.insertion(1))
                    do { try tx.send(Self.insertion(1)) } catch {}
                }
            }
            #expect(Self.isUniqueViolation(swallowed))
            let kept = try await pairs(database)
            #expect(kept.isEmpty)
        }
    }

    @Test(arguments: Subject.all) func `a savepoint undoes them`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            for round in 0..<3 {
                try await database.write { tx in
                    try tx.send(Self.insertion(10 * round))
                    do {
                        try tx.savepoint {
                            try tx.send(Self.insertion(10 * round + 1))
                            try tx.send(Self.insertion(10 * round))
                        }
                    } catch DatabaseError.uniqueViolation {
                        try tx.send(Self.insertion(10 * round + 2))
                    }
                }
            }
            #expect(try await pairs(database) == [0, 2, 10, 12, 20, 22])
        }
    }

    @Test(arguments: Subject.all) func `they do not write in a read`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            for number in 0..<3 {
                try await database.write { tx in try tx.send(Self.insertion(number)) }
                let refused = await failure { try await database.read { tx in try tx.send(Self.insertion(9)) } }
                #expect(refused is DatabaseError)
            }
            #expect(try await pairs(database) == [0, 1, 2])
        }
    }

    @Test(arguments: Subject.all) func `a row is inserted unless there is one`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            for round in 0..<3 {
                let found = try await database.write { tx in
                    [
                        try tx.inserts(Self.insertion(round), unless: "a, b"),
                        try tx.inserts(Self.insertion(round), unless: "a, b"),
                        try tx.inserts(Self.insertion(100 + round), unless: "a, b"),
                    ]
                }
                #expect(found == [true, false, true])
            }
            #expect(try await pairs(database) == [0, 1, 2, 100, 101, 102])
            // Another refusal than the row's own is an error.
            let refused = await failure {
                try await database.write { tx in
                    try tx.inserts("INSERT INTO account (id, name, balance) VALUES (2, 'first', 1)", unless: "id")
                }
            }
            #expect(Self.isUniqueViolation(refused))
        }
    }
}
