import Database
import DatabaseTesting
import DriverSupport
import Kernel
import KernelTesting
import Testing

@testable import Moving

/// A move and the beginning of service keep out of each other's way, whichever comes first.
@Suite(.enabled(if: MovingWorld.isPossible)) struct MoveUseTests {
    /// What `serve` and the others do first.
    private func serve(_ world: MovingWorld, at now: Timestamp? = nil) async throws {
        let now = now ?? world.clock.now()
        try await world.target.write { tx in try MovingSchema.takeIntoUse(at: now, in: tx) }
    }

    /// What `serve` says when it does not start.
    private func refusalToServe(_ world: MovingWorld) async -> String? {
        guard case DatabaseError.schemaMismatch(let text)? = await failure({ try await serve(world) }) else {
            return nil
        }
        return text
    }

    private func filled(_ body: (MovingWorld) async throws -> Void) async throws {
        try await MovingWorld.run { world in
            try await world.fill()
            try await body(world)
        }
    }

    @Test func `a target that is served is not moved into again, although nothing was written to it`() async throws {
        try await filled { world in
            try await world.move()
            let since = world.clock.now()
            try await serve(world)
            world.clock.advance(by: .seconds(60))
            // A second node, or a second start.
            try await serve(world)
            #expect(try await MoveState.of(world.target) == .inUse(since: since))
            for _ in 1...2 {
                #expect(await world.refusal() == .targetInUse(since: since))
                try await world.change("UPDATE purses SET note = 'later'")
            }
            let text = "\(MoveError.targetInUse(since: since))"
            #expect(text.contains("do not serve the source again") && text.contains("name an empty database"))
            try await serve(world)
        }
    }

    @Test func `an empty target that is served is not moved into again either`() async throws {
        try await MovingWorld.run { world in
            try await world.move()
            try await serve(world)
            try await world.fill()
            #expect(await world.refusal() == .targetInUse(since: world.clock.now()))
            #expect(try await world.count("purses") == 0)
        }
    }

    @Test func `another installation is told that the target is another's, and not that it has moved`() async throws {
        try await filled { world in
            try await world.move()
            try await serve(world)
            try await world.change("UPDATE installation SET id = 'another'")
            #expect(await world.refusal() == .targetOfAnother)
        }
    }

    @Test func `a server that starts while a repeat reads the source wins`() async throws {
        try await filled { world in
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            let latch = Latch()
            async let moving = failure {
                try await world.move { progress in if progress.phase == .read { latch.hold() } }
            }
            try await latch.reached()
            try await serve(world)
            latch.open()
            #expect(await moving as? MoveError == .targetInUse(since: world.clock.now()))
            #expect(try await MoveState.of(world.target) == .inUse(since: world.clock.now()))
        }
    }

    @Test func `a server that is about to start is waited for, and wins`() async throws {
        try await filled { world in
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            let (latch, now) = (Latch(), world.clock.now())
            async let serving: Void = world.target.write { tx in
                try MovingSchema.takeIntoUse(at: now, in: tx)
                latch.hold()
            }
            try await latch.reached()
            async let moving = failure { try await world.move() }
            try await world.untilMoveWaits()
            latch.open()
            try await serving
            #expect(await moving as? MoveError == .targetInUse(since: now))
        }
    }

    @Test func `a server that starts between the mark and the copy does not, and the move goes on`() async throws {
        try await filled { world in
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            let (said, now) = (Monitor(""), world.clock.now())
            let meddled = Meddled(world.target) { tx in
                do { try MovingSchema.takeIntoUse(at: now, in: tx) } catch { said.withLock { $0 = "\(error)" } }
            }
            #expect(try await world.move(to: meddled).outcome == .copied)
            #expect(said.withLock { $0 }.contains("run the same `kessai migrate --from"))
            try await serve(world)
        }
    }

    @Test func `nobody waits for a move that is at work, and everybody is told of it`() async throws {
        try await filled { world in
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            let latch = Latch()
            async let moving = world.move { progress in if progress.phase == .copy { latch.hold() } }
            try await latch.reached()
            #expect(try await MoveState.of(world.target) == .running)
            #expect(await refusalToServe(world)?.contains("is under way; wait") == true)
            #expect(await world.refusal() == .moveUnderWay)
            latch.open()
            #expect(try await moving.outcome == .copied)
            try await serve(world)
        }
    }

    @Test func `a first move that was killed is done by its repeat, and then the target is served`() async throws {
        try await filled { world in
            #expect(try await MoveState.of(world.target) == .none)
            #expect(await interrupted(world))
            #expect(try await MoveState.of(world.target) == .begun(world.clock.now()))
            #expect(await refusalToServe(world)?.contains("run the same `kessai migrate --from") == true)
            #expect(try await world.move().outcome == .copied)
            #expect(try await MoveState.of(world.target) == .unserved(since: world.clock.now()))
            try await serve(world)
            #expect(await world.refusal() == .targetInUse(since: world.clock.now()))
        }
    }

    @Test func `a repeat that was killed is done by its repeat, and then the target is served`() async throws {
        try await filled { world in
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            #expect(await interrupted(world))
            #expect(await refusalToServe(world)?.contains("run the same `kessai migrate --from") == true)
            #expect(try await world.move().outcome == .copied)
            try await serve(world)
        }
    }

    /// A command that began before the repeat ends its work after it was killed.
    @Test func `a repeat that was killed, and whose target was written then, leaves the target to whoever serves it`()
        async throws
    {
        try await filled { world in
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            #expect(await interrupted(world))
            try await world.changeTarget("INSERT INTO words VALUES ('written')")
            #expect(await refusalToServe(world) != nil)
            // Not a circle: what refuses takes the mark away.
            #expect(await world.refusal() == .targetWritten(table: "words"))
            try await serve(world)
            #expect(try await world.count("words") == 1)
            #expect(await world.refusal() == .targetInUse(since: world.clock.now()))
        }
    }

    @Test func `another installation's move that was killed stays to be done`() async throws {
        try await filled { world in
            try await world.move()
            try await world.change("UPDATE purses SET note = 'later'")
            #expect(await interrupted(world))
            try await world.change("UPDATE installation SET id = 'another'")
            #expect(await world.refusal() == .targetOfAnother)
            #expect(await refusalToServe(world) != nil)
            try await world.change("UPDATE installation SET id = 'here'")
            #expect(try await world.move().outcome == .copied)
            try await serve(world)
        }
    }

    @Test func `a first move that was killed is repeated from no other installation's file`() async throws {
        try await filled { world in
            #expect(await interrupted(world))
            try await world.change("UPDATE installation SET id = 'another'")
            #expect(await world.refusal() == .targetOfAnother)
            #expect(await refusalToServe(world) != nil)
            try await world.change("UPDATE installation SET id = 'here'")
            #expect(try await world.move().outcome == .copied)
            try await serve(world)
        }
    }

    @Test func `a server does not start while a first move reads the source`() async throws {
        try await filled { world in
            let latch = Latch()
            async let moving = world.move { progress in if progress.phase == .read { latch.hold() } }
            try await latch.reached()
            #expect(await refusalToServe(world) != nil)
            latch.open()
            #expect(try await moving.outcome == .copied)
            try await serve(world)
        }
    }

    @Test func `what an older program moved can be moved into again by a newer one, and is served then`() async throws {
        let older = MovingWorld.migrations + MovingSchema.migrations.prefix(1)
        try await MovingWorld.run(older) { world in
            try await world.fill()
            try await world.move(older)
            #expect(try await MoveState.of(world.target) == .unserved(since: world.clock.now()))
            let newer = MovingWorld.migrations + MovingSchema.migrations
            _ = try await Migrator(database: world.file, migrations: newer, clock: world.clock).migrate()
            try await world.change("UPDATE purses SET note = 'later'")
            #expect(try await world.move(newer).outcome == .copied)
            try await serve(world)
            #expect(await world.refusal(newer) == .targetInUse(since: world.clock.now()))
        }
    }

    @Test(arguments: TestEngine.all) func `who was never moved into is served, and says nothing of moves`(
        _ engine: TestEngine
    ) async throws {
        try await withDatabase(engine, migrations: MovingSchema.migrations) { database in
            for _ in 1...2 {
                try await database.write { tx in
                    try MovingSchema.requireNoneUnderWay(in: tx)
                    try MovingSchema.takeIntoUse(at: Timestamp(epochMs: 1), in: tx)
                }
            }
            try await MovingSchema.requireNoneUnderWay(in: database)
            #expect(try await MoveState.of(database) == .none)
            #expect(try await database.read { tx in try tx.rows("SELECT number FROM database_moves").count } == 0)
        }
        // Before the first step.
        try await withDatabase(engine) { database in
            let state = try await MoveState.of(database)
            #expect(state == .none)
        }
    }

    @Test func `each state has its word, and says what to do where something is to be done`() {
        let time = Timestamp(epochMs: 1_795_233_600_000)
        let states: [(MoveState, String, String)] = [
            (.none, "none", "nothing was moved"), (.running, "running", "wait"), (.begun(time), "begun", "again"),
            (.unserved(since: time), "unserved", "`kessai serve`"), (.inUse(since: time), "in_use", "over"),
        ]
        for (state, word, part) in states {
            #expect(state.word == word)
            #expect(state.words.contains(part))
            #expect(state.isUnderWay == ["running", "begun"].contains(word))
        }
    }

    /// Begins a move and ends it in its second transaction.
    private func interrupted(_ world: MovingWorld) async -> Bool {
        await failure { try await world.move { progress in if progress.phase == .copy { throw Interruption() } } }
            is Interruption
    }
}
