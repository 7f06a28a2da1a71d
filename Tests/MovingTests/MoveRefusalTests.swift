import Database
import DatabaseTesting
import KernelTesting
import Testing

@testable import Moving

/// What is not moved, and that nothing was touched then.
@Suite(.enabled(if: MovingWorld.isPossible)) struct MoveRefusalTests {
    @Test func `a target that somebody wrote since is refused, whatever was written`() async throws {
        let deeds: [(SQL, String)] = [
            ("UPDATE purses SET note = 'served' WHERE number = 4", "purses"),
            ("INSERT INTO words VALUES ('served')", "words"), ("DELETE FROM purses WHERE owner = 'spare'", "purses"),
            ("UPDATE coins SET picture = NULL WHERE place = 'left'", "coins"),
        ]
        for (deed, table) in deeds {
            try await MovingWorld.run { world in
                try await world.fill()
                try await world.change("INSERT INTO purses (owner) VALUES ('spare')")
                try await world.move()
                try await world.changeTarget(deed)
                try await world.change("UPDATE purses SET note = 'later'")
                #expect(await world.refusal() == .targetWritten(table: table))
                let notes = try await world.target.read { tx in
                    try tx.rows("SELECT 1 AS one FROM purses WHERE note = 'later'")
                }
                #expect(notes.isEmpty)
                // Who serves the target can start again.
                try await MovingSchema.requireNoneUnderWay(in: world.target)
            }
        }
    }

    @Test func `a target that somebody writes between the look at it and the copy is refused, and stays of use`()
        async throws
    {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            let meddled = Meddled(world.target) { tx in try tx.execute("INSERT INTO words VALUES ('served')") }
            let error = await failure { try await world.move(to: meddled) }
            #expect(error as? MoveError == .targetWritten(table: "words"))
            try await MovingSchema.requireNoneUnderWay(in: world.target)
            #expect(try await world.count("words") == 1)
        }
    }

    @Test func `a refusal whose commit fails changes nothing, and the repeat is refused and takes the mark away`()
        async throws
    {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            let meddled = Meddled(world.target, breaks: true) { tx in
                try tx.execute("INSERT INTO words VALUES ('served')")
            }
            let error = await failure { try await world.move(to: meddled) }
            #expect(error as? DatabaseError == .unavailable(reason: "the test took it away"))
            #expect(await failure { try await MovingSchema.requireNoneUnderWay(in: world.target) } != nil)
            // What `serve` says is to be done.
            #expect(await world.refusal() == .targetWritten(table: "words"))
            try await MovingSchema.requireNoneUnderWay(in: world.target)
            #expect("\(MoveError.targetWritten(table: "words"))".contains("do not serve the source again"))
            #expect(try await world.count("words") == 1)
        }
    }

    @Test func `a target that holds rows of its own is refused`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            _ = try await Migrator(
                database: world.target, migrations: MovingWorld.migrations, clock: world.clock
            ).migrate()
            try await world.changeTarget("INSERT INTO installation VALUES (1, 'there')")
            // Before a step runs in it, and after.
            #expect(await world.refusal() == .targetNotEmpty(table: "installation"))
            let pending = try await Migrator(
                database: world.target, migrations: MovingWorld.migrations + MovingSchema.migrations, clock: world.clock
            ).status().pending
            #expect(pending == MovingSchema.migrations.map(\.id))
            _ = try await Migrator(
                database: world.target, migrations: MovingWorld.migrations + MovingSchema.migrations, clock: world.clock
            ).migrate()
            #expect(await world.refusal() == .targetNotEmpty(table: "installation"))
            #expect(try await world.count("installation") == 1)
        }
    }

    @Test func `a target of another installation is refused`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.move()
            try await world.change("UPDATE installation SET id = 'another'")
            #expect(await world.refusal() == .targetOfAnother)
        }
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.move()
            try await world.change("UPDATE schema_migrations SET applied_at_ms = applied_at_ms + 1")
            #expect(await world.refusal() == .targetOfAnother)
        }
    }

    @Test func `a source that lacks a step, has one too many, or has none is refused`() async throws {
        try await MovingWorld.run(MovingWorld.migrations) { world in
            #expect(await world.refusal() == .sourceBehind("moving/0001_moves"))
        }
        let older = MovingWorld.migrations + MovingSchema.migrations
        let newer = older + [Migration("things/0002_more", ["CREATE TABLE more (id TEXT NOT NULL PRIMARY KEY)"])]
        try await MovingWorld.run(newer) { world in
            #expect(await world.refusal(older) == .sourceNewer("things/0002_more"))
        }
        try await MovingWorld.run { world in
            try await world.change("DROP TABLE schema_migrations")
            #expect(await world.refusal() == .sourceIsNoInstallation)
        }
    }

    @Test func `a source that is written meanwhile is refused`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            let latch = Latch()
            async let moving = failure {
                try await world.move { progress in
                    if progress.phase == .copy, progress.table == "coins" { latch.hold() }
                }
            }
            try await latch.reached()
            try await world.change("UPDATE purses SET note = 'meanwhile'")
            latch.open()
            let error = await moving as? MoveError
            #expect(error == .sourceChanged)
            #expect(try await world.count("purses") == 0)
            #expect(try await world.move().outcome == .copied)
        }
    }

    @Test(
        arguments: [
            ([97, 0, 98], "holds a NUL character"), ([97, 0xFF], "is not UTF-8"), ([0xED, 0xA0, 0x80], "is not UTF-8"),
        ]
            as [([UInt8], String)])
    func `a text that PostgreSQL cannot keep is named with its row`(bytes: [UInt8], reason: String) async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.change("UPDATE coins SET currency = CAST(\(bytes) AS TEXT) WHERE place = 'right'")
            #expect(
                await world.refusal()
                    == .unmovableText(
                        table: "coins", key: "purse_number=3, place=right", column: "currency", reason: reason))
            // The target has its tables and no rows, and is free.
            #expect(try await world.count("coins") == 0)
            #expect(try await world.count("database_moves") == 0)
            try await MovingSchema.requireNoneUnderWay(in: world.target)
        }
    }

    @Test func `a target with tables or columns of its own is refused`() async throws {
        try await MovingWorld.run { world in
            try await world.changeTarget("CREATE TABLE strangers (id BIGINT PRIMARY KEY)")
            #expect(await world.refusal() == .shapesDiffer(["only the target has the table strangers"]))
            try await world.changeTarget("DROP TABLE strangers")
            try await world.move()
            try await world.changeTarget("ALTER TABLE words ADD COLUMN mine TEXT")
            #expect(await world.refusal() == .shapesDiffer(["only the target has words.mine"]))
            try await world.changeTarget(
                "ALTER TABLE words DROP COLUMN mine", "ALTER TABLE words ALTER word TYPE TEXT[] USING NULL")
            #expect(await world.refusal()?.description.contains("words.word is text[], which is not moved") == true)
        }
    }

    @Test func `a target that a newer program has migrated is refused`() async throws {
        try await MovingWorld.run { world in
            let newer =
                MovingWorld.migrations + MovingSchema.migrations + [
                    Migration("things/0002_more", ["CREATE TABLE more (id TEXT NOT NULL PRIMARY KEY)"])
                ]
            _ = try await Migrator(database: world.target, migrations: newer, clock: world.clock).migrate()
            #expect(await world.refusal() == .targetNewer("things/0002_more"))
        }
    }

    @Test func `what the target's schema refuses is told with its table`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await world.change("UPDATE coins SET amount_minor = 13 WHERE place = 'right'")
            #expect(
                await world.refusal()
                    == .rowsRefused(table: "coins", .checkViolation(constraint: "coins_amount_minor_check")))
            #expect(try await world.count("purses") == 0)
        }
    }

    @Test func `what is not read back as it is in the source undoes all`() async throws {
        try await MovingWorld.run { world in
            try await world.move()
            try await world.changeTarget(
                """
                CREATE FUNCTION things_bent() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN NEW.note := 'bent'; RETURN NEW; END $$
                """,
                "CREATE TRIGGER purses_bent BEFORE INSERT ON purses FOR EACH ROW EXECUTE FUNCTION things_bent()",
                "ALTER TABLE purses ENABLE ALWAYS TRIGGER purses_bent")
            try await world.fill()
            #expect(await world.refusal() == .mismatch(table: "purses", what: "the digests differ"))
            #expect(try await world.count("coins") == 0)
            try await world.changeTarget(
                "DROP TRIGGER purses_bent ON purses", "CREATE RULE coins_lost AS ON INSERT TO coins DO INSTEAD NOTHING")
            #expect(await world.refusal() == .mismatch(table: "coins", what: "0 rows of 3 were taken"))
            #expect(try await world.count("purses") == 0)
        }
    }

    @Test func `nobody sees the target while rows come, and no second move comes between`() async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            let latch = Latch()
            async let moving = world.move { progress in
                if progress.phase == .copy, progress.table == "coins" { latch.hold() }
            }
            try await latch.reached()
            #expect(await world.refusal() == .moveUnderWay)
            let reading = await failure {
                try await world.target.read { tx in
                    try tx.execute("SET LOCAL lock_timeout = 50")
                    _ = try tx.rows("SELECT id FROM installation")
                }
            }
            #expect(reading as? DatabaseError == .conflict)
            latch.open()
            #expect(try await moving.outcome == .copied)
        }
    }

    @Test func `a ring of foreign keys is told`() throws {
        let ring = ["a", "b"].map { name in
            TableShape(name: name, columns: [], key: ["id"], references: [name == "a" ? "b" : "a"])
        }
        #expect(throws: MoveError.shapesDiffer(["the foreign keys of a go in a ring"])) { try TableShape.ordered(ring) }
        let own = [TableShape(name: "a", columns: [], key: ["id"], references: ["a"])]
        #expect(throws: MoveError.shapesDiffer(["the foreign keys of a go in a ring"])) { try TableShape.ordered(own) }
    }
}
