import Database
import DatabaseTesting
import Kernel
import KernelTesting
import Testing

/// Forward only, each step once, and no program on a schema that is not its own.
@Suite struct MigratorTests {
    static let first = Migration(
        "notes/0001_notes", ["CREATE TABLE note (id BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL)"])
    static let second = Migration(
        "notes/0002_authors",
        [
            "ALTER TABLE note ADD COLUMN author_id BIGINT",
            "CREATE INDEX note_author ON note (author_id)",
            "INSERT INTO note (id, body) VALUES (1, 'a BIGINT in a text; it''s BYTEA')",
        ])
    static let third = Migration("tags/0001_tags", ["CREATE TABLE tag (name TEXT NOT NULL PRIMARY KEY)"])

    @Test(arguments: Subject.all) func `steps run in order, once, and are remembered`(_ subject: Subject) async throws {
        let clock = ManualClock()
        try await withEmptySubject(subject, clock: clock) { database in
            let one = Migrator(database: database, migrations: [Self.first], clock: clock)
            #expect(try await one.status().applied == [])
            #expect(try await one.status().pending == ["notes/0001_notes"])
            #expect(try await one.migrate() == ["notes/0001_notes"])
            #expect(try await one.migrate() == [])

            clock.advance(by: .seconds(60))
            let all = Migrator(database: database, migrations: [Self.first, Self.second, Self.third], clock: clock)
            #expect(try await all.status().applied == ["notes/0001_notes"])
            #expect(try await all.status().pending == ["notes/0002_authors", "tags/0001_tags"])
            #expect(try await all.migrate() == ["notes/0002_authors", "tags/0001_tags"])
            try await all.requireCurrent()

            let body = try await database.read { try $0.row("SELECT body FROM note")?.text("body") }
            #expect(body == "a BIGINT in a text; it's BYTEA")
            let times = try await database.read {
                try $0.rows("SELECT applied_at_ms FROM schema_migrations ORDER BY id").map {
                    try $0.time("applied_at_ms")
                }
            }
            let seen = times.map { clock.now().since($0) }
            #expect(seen == [.seconds(60), .zero, .zero])
        }
    }

    @Test(arguments: Subject.all) func `a schema that is behind is refused with what to do`(
        _ subject: Subject
    ) async throws {
        try await withEmptySubject(subject) { database in
            let migrator = Migrator(database: database, migrations: [Self.first, Self.third], clock: ManualClock())
            let refused = await failure {
                try await migrator.requireCurrent()
            }
            let isRight =
                refused.map { error -> Bool in
                    guard case .schemaMismatch(let text) = error as? DatabaseError else { return false }
                    return text.contains("kessai migrate") && text.contains("notes/0001_notes") && text.contains("2")
                } ?? false
            #expect(isRight)
        }
    }

    @Test(arguments: Subject.all) func `a step that was edited after it ran is refused`(_ subject: Subject) async throws
    {
        try await withEmptySubject(subject) { database in
            _ = try await Migrator(database: database, migrations: [Self.first], clock: ManualClock()).migrate()
            let edited = Migration(
                "notes/0001_notes", ["CREATE TABLE note (id BIGINT NOT NULL PRIMARY KEY, body TEXT)"])
            let migrator = Migrator(database: database, migrations: [edited, Self.third], clock: ManualClock())
            for attempt in [{ _ = try await migrator.requireCurrent() }, { _ = try await migrator.migrate() }]
                as [() async throws -> Void]
            {
                let refused = await failure {
                    try await attempt()
                }
                let isRight =
                    refused.map { error -> Bool in
                        guard case .schemaMismatch(let text) = error as? DatabaseError else { return false }
                        return text.contains("notes/0001_notes") && text.contains("edited")
                    } ?? false
                #expect(isRight)
            }
        }
    }

    @Test(arguments: Subject.all) func `steps of a newer program are no obstacle to an older one (rolling upgrade)`(
        _ subject: Subject
    ) async throws {
        try await withEmptySubject(subject) { database in
            let all = [Self.first, Self.second, Self.third]
            _ = try await Migrator(database: database, migrations: all, clock: ManualClock()).migrate()
            let older = Migrator(database: database, migrations: [Self.first], clock: ManualClock())
            let status = try await older.requireCurrent()
            #expect(status.applied == ["notes/0001_notes"])
            #expect(status.newer == ["notes/0002_authors", "tags/0001_tags"])
            let ran = try await older.migrate()
            #expect(ran == [])
        }
    }

    @Test(arguments: Subject.all) func `beside newer steps a missing one is still missed`(_ subject: Subject)
        async throws
    {
        try await withEmptySubject(subject) { database in
            _ = try await Migrator(database: database, migrations: [Self.first, Self.third], clock: ManualClock())
                .migrate()
            let other = Migration("marks/0001_marks", ["CREATE TABLE mark (id BIGINT NOT NULL PRIMARY KEY)"])
            let older = Migrator(database: database, migrations: [Self.first, other], clock: ManualClock())
            let refused = await failure { _ = try await older.requireCurrent() }
            #expect(String(describing: refused).contains("marks/0001_marks"))
        }
    }

    @Test(arguments: Subject.all) func `an unknown step among the known ones is another program's and refused`(
        _ subject: Subject
    ) async throws {
        try await withEmptySubject(subject) { database in
            let other = Migration("notes/0002_other", ["CREATE TABLE other (id BIGINT NOT NULL PRIMARY KEY)"])
            _ = try await Migrator(database: database, migrations: [Self.first, other], clock: ManualClock()).migrate()
            let ours = Migrator(database: database, migrations: [Self.first, Self.second], clock: ManualClock())
            for attempt in [{ _ = try await ours.requireCurrent() }, { _ = try await ours.migrate() }]
                as [() async throws -> Void]
            {
                let refused = await failure { try await attempt() }
                #expect(String(describing: refused).contains("notes/0002_other"))
            }
        }
    }

    @Test(arguments: Subject.all) func `a step that fails leaves no trace, and those before it stay`(
        _ subject: Subject
    ) async throws {
        try await withEmptySubject(subject) { database in
            let broken = Migration(
                "notes/0002_broken", ["CREATE TABLE half (id BIGINT NOT NULL)", "INSERT INTO missing (id) VALUES (1)"])
            let migrator = Migrator(
                database: database, migrations: [Self.first, broken, Self.third], clock: ManualClock())
            let thrown = await failure { _ = try await migrator.migrate() }
            #expect(thrown is DatabaseError)
            let repaired = Migration("notes/0002_broken", ["CREATE TABLE half (id BIGINT NOT NULL)"])
            let again = Migrator(
                database: database, migrations: [Self.first, repaired, Self.third], clock: ManualClock())
            let ran = try await again.migrate()
            #expect(ran == ["notes/0002_broken", "tags/0001_tags"])
        }
    }

    @Test(arguments: Subject.all) func `migrators at once run each step once`(_ subject: Subject) async throws {
        try await withEmptySubject(subject) { database in
            let migrator = Migrator(
                database: database, migrations: [Self.first, Self.second, Self.third], clock: ManualClock())
            let ran = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<4 { group.addTask { try await migrator.migrate() } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(ran.sorted() == ["notes/0001_notes", "notes/0002_authors", "tags/0001_tags"])
            try await migrator.requireCurrent()
        }
    }

    @Test(arguments: Subject.all) func `two steps of one name are refused`(_ subject: Subject) async throws {
        try await withEmptySubject(subject) { database in
            let migrator = Migrator(database: database, migrations: [Self.first, Self.first], clock: ManualClock())
            let refused = await failure {
                _ = try await migrator.migrate()
            }
            let isRight =
                refused.map { error -> Bool in
                    guard case .schemaMismatch(let text) = error as? DatabaseError else { return false }
                    return text.contains("notes/0001_notes")
                } ?? false
            #expect(isRight)
        }
    }

    @Test func `the checksum tells texts and their borders apart`() {
        let one = Migration("a", sqlite: ["ab", "c"], postgresql: ["x"])
        let other = Migration("a", sqlite: ["a", "bc"], postgresql: ["x"])
        #expect(one.checksum(.sqlite) != other.checksum(.sqlite))
        #expect(one.checksum(.postgresql) == other.checksum(.postgresql))
        #expect(one.checksum(.sqlite).utf8.count == 16)
    }
}
