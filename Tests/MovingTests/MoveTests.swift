import Database
import DatabaseTesting
import KernelTesting
import Moving
import Testing

/// A move copies everything, once or again.
@Suite(.enabled(if: MovingWorld.isPossible)) struct MoveTests {
    @Test func `values of every kind arrive as they were`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.change(
                "INSERT INTO purses (number, owner, note) VALUES (\(Int64.max - 1), '煎茶 🍵', \("line\nline\t\u{7f}"))",
                "INSERT INTO coins VALUES (4, '', \(Int64.min), 'jpy', \([UInt8](repeating: 92, count: 5000)))")
            let report = try await world.move()
            #expect(report.outcome == .copied)
            #expect(report.rows == 8)
            #expect(report.installation == "here")
            for statement in [
                "SELECT number, owner, note, open FROM purses ORDER BY number",
                "SELECT purse_number, place, amount_minor, currency, picture FROM coins ORDER BY purse_number, amount_minor",
                "SELECT singleton, id FROM installation",
            ] as [SQL] {
                let (source, target) = try await world.both(statement)
                #expect(source == target)
                #expect(!source.isEmpty)
            }
        }
    }

    @Test func `sums of money are told by currency`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            let report = try await world.move()
            let sums = [("jpy", 900), ("usd", 1250)] as [(String, Int64)]
            #expect(report.sums.map(\.currency) == sums.map(\.0))
            #expect(report.sums.map(\.amountMinor) == sums.map(\.1))
            let coins = try #require(report.tables.first { $0.name == "coins" })
            #expect(coins.sums.map(\.amountMinor) == sums.map(\.1))
            #expect(coins.sums.allSatisfy { $0.name == "amount_minor" })
        }
    }

    @Test func `many pages, and keys that the collations order differently`() async throws {
        try await MovingWorld.run { world in
            try await world.file.write { tx in
                for number in 0..<2_500 {
                    let letter = ["a", "B", "b-", "Ä", "_", "é", "z", "煎", "🍵", "A "][number % 10]
                    try tx.execute("INSERT INTO words (word) VALUES (\("\(letter)\(number)"))")
                    try tx.execute(
                        "INSERT INTO seals (seal) VALUES (\([UInt8(number & 255), UInt8(number >> 8), 0]))")
                }
                // One wide row makes the pages of its table small.
                try tx.execute("INSERT INTO words (word) VALUES ('wide')")
                try tx.execute("INSERT INTO purses (note) VALUES (\(String(repeating: "x", count: 6 << 20)))")
                try tx.execute("INSERT INTO purses (note) VALUES ('narrow')")
            }
            let report = try await world.move()
            #expect(report.rows == 2_501 + 2_500 + 2)
            let (source, target) = try await world.both("SELECT word FROM words")
            #expect(Set(source) == Set(target))
            #expect(try await world.count("words") == 2_501)
            #expect(try await world.move().outcome == .unchanged)
        }
    }

    @Test func `numbers go on after the last one ever given`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.change(
                "INSERT INTO purses (number, owner) VALUES (90, 'gone')", "DELETE FROM purses WHERE number = 90")
            try await world.move()
            let number = try await world.target.write { tx in
                try tx.row("INSERT INTO purses (owner) VALUES ('new') RETURNING number")?.int("number")
            }
            #expect(number == 91)
        }
    }

    @Test func `an empty installation moves too, and its numbers begin with one`() async throws {
        try await MovingWorld.run { world in
            #expect(try await world.move().rows == 0)
            #expect(try await world.move().outcome == .unchanged)
            let number = try await world.target.write { tx in
                try tx.row("INSERT INTO purses (owner) VALUES ('new') RETURNING number")?.int("number")
            }
            #expect(number == 1)
        }
    }

    @Test func `the guards of the schema are on again`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.move()
            let deleted = await failure { try await world.changeTarget("DELETE FROM coins") }
            #expect(deleted as? DatabaseError == .refusedByTrigger)
            let truncated = await failure { try await world.changeTarget("TRUNCATE coins") }
            #expect(truncated as? DatabaseError == .refusedByTrigger)
        }
    }

    @Test func `a repeat finds everything there, compares it, and copies nothing`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            let first = try await world.move()
            let again = try await world.move { progress in
                if progress.phase == .copy { throw Interruption() }
            }
            #expect(again.outcome == .unchanged)
            #expect(again.tables == first.tables)
            #expect(again.sums == first.sums)
            #expect(try await world.count("database_moves") == 1)
        }
    }

    @Test func `a source that was served again is copied anew`() async throws {
        try await MovingWorld.run { world in
            try await world.change("INSERT INTO purses (number, owner) VALUES (1, 'before its first service')")
            try await world.move()
            try await world.fill()
            try await world.move()
            try await world.change("UPDATE purses SET note = 'changed' WHERE number = 3", "DELETE FROM words")
            #expect(try await world.move().outcome == .copied)
            let (source, target) = try await world.both("SELECT number, owner, note FROM purses ORDER BY number")
            #expect(source == target)
            #expect(try await world.count("coins") == 3)
            #expect(try await world.count("database_moves") == 3)
            let number = try await world.target.write { tx in
                try tx.row("INSERT INTO purses (owner) VALUES ('new') RETURNING number")?.int("number")
            }
            #expect(number == 5)
        }
    }

    @Test func `a source that a newer program has migrated is copied over what an older one moved`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.move()
            let newer =
                MovingWorld.migrations + MovingSchema.migrations + [
                    Migration(
                        "things/0002_more",
                        [
                            "ALTER TABLE words ADD COLUMN hits BIGINT NOT NULL DEFAULT 0",
                            "ALTER TABLE coins ADD COLUMN alloy TEXT",
                            "CREATE TABLE more (id TEXT NOT NULL PRIMARY KEY)",
                        ])
                ]
            _ = try await Migrator(database: world.file, migrations: newer, clock: world.clock).migrate()
            try await world.change("UPDATE coins SET alloy = 'gold'", "INSERT INTO more VALUES ('one')")
            #expect(try await world.move(newer).outcome == .copied)
            #expect(try await world.count("more") == 1)
            #expect(try await world.move(newer).outcome == .unchanged)
        }
    }

    @Test func `the source is the same file afterwards, and a reader of it is not disturbed`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            let before = try await world.file.read { tx in try tx.rows("SELECT * FROM sqlite_schema").map(\.values) }
            try await world.move()
            let after = try await world.file.read { tx in try tx.rows("SELECT * FROM sqlite_schema").map(\.values) }
            #expect(before == after)
            #expect(try await world.file.read { tx in try tx.rows("SELECT * FROM database_moves").count } == 0)
        }
    }

    @Test(arguments: [MoveProgress.Phase.read, .compare, .copy, .verify], [1, 2])
    func `a move that is interrupted leaves the target as it was, and a repeat does it all`(
        phase: MoveProgress.Phase, page: Int
    ) async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'", "INSERT INTO words VALUES ('new')")
            let pages = Pages()
            let interrupted = await failure {
                try await world.move { progress in
                    if progress.phase == phase, pages.next() == page { throw Interruption() }
                }
            }
            #expect(interrupted is Interruption)
            #expect(try await world.count("words") == 0)
            let notes = try await world.target.read { tx in
                try tx.rows("SELECT 1 AS one FROM purses WHERE note = 'later'")
            }
            #expect(notes.isEmpty)
            #expect(try await world.move().outcome == .copied)
            let (source, target) = try await world.both("SELECT number, owner, note FROM purses ORDER BY number")
            #expect(source == target)
        }
    }

    @Test(arguments: [MoveProgress.Phase.read, .copy, .verify])
    func `a first move that is interrupted leaves an empty target`(phase: MoveProgress.Phase) async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            let interrupted = await failure {
                try await world.move { progress in if progress.phase == phase { throw Interruption() } }
            }
            #expect(interrupted is Interruption)
            // Nobody begins to serve what is not there yet.
            let serving = await failure { try await MovingSchema.requireNoneUnderWay(in: world.target) }
            guard case DatabaseError.schemaMismatch(let text)? = serving else {
                Issue.record("\(String(describing: serving))")
                return
            }
            #expect(text.contains("kessai migrate --from"))
            #expect(try await world.count("purses") == 0)
            #expect(try await world.move().outcome == .copied)
            #expect(try await world.count("database_moves") == 1)
            try await MovingSchema.requireNoneUnderWay(in: world.target)
        }
    }
}
