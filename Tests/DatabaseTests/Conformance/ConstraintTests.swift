import Database
import DatabaseTesting
import Testing

/// The schema is the last guard, and its refusals are typed errors that carry no data.
@Suite struct ConstraintTests {
    enum Kind: Sendable { case unique, primaryKey, foreignKey, check, notNull, trigger }

    static let refused: [(Kind, String)] = [
        (.unique, "INSERT INTO account (id, name, balance) VALUES (2, 'first', 0)"),
        (.unique, "UPDATE account SET name = 'other' WHERE id IN (1, 3)"),
        (.primaryKey, "INSERT INTO account (id, name, balance) VALUES (1, 'second', 0)"),
        (.foreignKey, "INSERT INTO posting (id, account_id, amount) VALUES (2, 99, 1)"),
        (.foreignKey, "DELETE FROM account WHERE id = 1"),
        (.check, "UPDATE account SET balance = balance - 101 WHERE id = 1"),
        (.notNull, "UPDATE account SET name = NULL WHERE id = 1"),
        (.trigger, "UPDATE posting SET amount = 2 WHERE id = 1"),
    ]

    @Test(arguments: Subject.all, refused)
    func `each constraint refuses in its own words`(_ subject: Subject, _ attempt: (Kind, String)) async throws {
        try await withSubject(subject) { database in
            try await database.write { tx in
                try tx.execute("INSERT INTO account (id, name, balance) VALUES (3, 'third', 0)")
                try tx.execute("INSERT INTO posting (id, account_id, amount) VALUES (1, 1, 1)")
            }
            let refused = await failure {
                try await database.write { tx in
                    try tx.execute("INSERT INTO pair (a, b) VALUES (1, 'before')")
                    try tx.execute(SQL(unsafe: attempt.1))
                }
            }
            let isRight =
                refused.map { error -> Bool in
                    switch (attempt.0, error as? DatabaseError) {
                    case (.unique, .uniqueViolation(let constraint)): constraint.contains("name")
                    case (.primaryKey, .uniqueViolation(let constraint)): constraint.contains("account")
                    case (.foreignKey, .foreignKeyViolation): true
                    case (.check, .checkViolation(let constraint)): constraint == "balance_not_negative"
                    case (.notNull, .notNullViolation(let column)): column.hasSuffix("name")
                    case (.trigger, .refusedByTrigger): true
                    default: false
                    }
                } ?? false
            #expect(isRight)
            let seen = try await database.read { try $0.rows("SELECT a FROM pair").isEmpty }
            #expect(seen)
        }
    }

    @Test(arguments: Subject.all) func `a constraint that waits for the commit fails the commit`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let thrown = await failure {
                try await database.write { tx in
                    try tx.execute("INSERT INTO posting (id, account_id, later_id, amount) VALUES (1, 1, 99, 1)")
                }
            }
            #expect(thrown as? DatabaseError == DatabaseError.foreignKeyViolation)
            let isEmpty = try await database.read { try $0.rows("SELECT id FROM posting").isEmpty }
            #expect(isEmpty)
        }
    }

    @Test(arguments: Subject.all) func `a constraint that waits for the commit may be met until then`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            try await database.write { tx in
                try tx.execute("INSERT INTO posting (id, account_id, later_id, amount) VALUES (1, 1, 99, 1)")
                try tx.execute("INSERT INTO account (id, name, balance) VALUES (99, 'late', 0)")
            }
            let seen = try await database.read { try $0.rows("SELECT id FROM posting").count }
            #expect(seen == 1)
        }
    }

    /// An error at commit comes after every statement succeeded; no sibling and no answer may hide it (law 5).
    @Test(arguments: Subject.all) func `of many at once only those fail whose commit is refused`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let outcomes = await withTaskGroup(of: (Int, DatabaseError?).self) { group in
                for n in 0..<60 {
                    group.addTask {
                        do {
                            try await database.write { tx in
                                try tx.execute(
                                    """
                                    INSERT INTO posting (id, account_id, later_id, amount)
                                    VALUES (\(n), 1, \(n.isMultiple(of: 4) ? 99 : 1), 1)
                                    """)
                            }
                            return (n, nil)
                        } catch { return (n, error as? DatabaseError) }
                    }
                }
                return await group.reduce(into: [Int: DatabaseError?]()) { $0[$1.0] = .some($1.1) }
            }
            for (n, error) in outcomes {
                #expect(error == (n.isMultiple(of: 4) ? .foreignKeyViolation : nil))
            }
            let stored = try await database.read { try $0.rows("SELECT id FROM posting").map { try $0.int("id") } }
            let seen = Set(stored)
            let expected = Set((0..<60).filter { !$0.isMultiple(of: 4) }.map(Int64.init))
            #expect(seen == expected)
        }
    }

    @Test(arguments: Subject.all) func `no error carries a value of a row`(_ subject: Subject) async throws {
        let secret = "correct horse"
        try await withSubject(subject) { database in
            for statement: SQL in [
                "SELECT * FROM missing WHERE name = \(secret)",
                "INSERT INTO account (id, name, balance) VALUES (\(5), \(secret), \(-1))",
                "SELECT CAST(\(secret) AS BIGINT) + nothing AS n",
                "INSERT INTO thing (id, n) VALUES (\(1), \(secret))",
            ] {
                let refused = await failure {
                    try await database.write { try $0.execute(statement) }
                }
                let isRight =
                    refused.map { error -> Bool in
                        error is DatabaseError && !"\(error)".contains(secret)
                    } ?? false
                #expect(isRight)
            }
        }
    }

    @Test(arguments: Subject.all) func `a wrong statement says what is wrong`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let refused = await failure {
                try await database.read { try $0.execute("SELECT nonsense FROM account") }
            }
            let isRight =
                refused.map { error -> Bool in
                    guard case .statement(let code, let message) = error as? DatabaseError else { return false }
                    return !code.isEmpty && message.contains("nonsense")
                } ?? false
            #expect(isRight)
        }
    }
}
