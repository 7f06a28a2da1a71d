import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

@testable import Idempotency

/// A request holds its key for as long as it lives, and not much longer.
@Suite(.timeLimit(.minutes(5))) struct LeaseTests: IdempotencySuite {
    private static let options = IdempotencyOptions()

    /// Until when the key is held.
    private func heldUntil(_ world: IdempotencyWorld) async throws -> Timestamp? {
        try await world.database.read { tx in
            try tx.row("SELECT locked_until_ms FROM idempotency_keys")?.timeOrNil("locked_until_ms")
        }
    }

    /// Moves the clock by a third of the lease, and waits until the key is held for another lease.
    private func liveOn(_ world: IdempotencyWorld) async throws {
        while world.clock.sleeperCount == 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
        world.clock.advance(by: Self.options.renewal)
        let wanted = world.clock.now().adding(Self.options.lease)
        while try await heldUntil(world) != wanted {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Waits until the log tells of `event`.
    private func told(_ event: String, _ world: IdempotencyWorld) async throws {
        while world.recorder.lines(of: event).isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test(arguments: TestEngine.all) func `a request that lives holds its key beyond the lease`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            let gate = Gate()
            let router = world.router { run, _ in
                await gate.pass()
                return .json(["run": .int(Int64(run))], status: 201)
            }
            async let first = router.respond(to: post())
            while world.runs.count == 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            for _ in 1...9 {
                try await liveOn(world)
                let repeated = await world.router().respond(to: post())
                #expect(repeated.status == 409)
                #expect(repeated.headers["Retry-After"] == "10")
            }
            gate.open()
            #expect(await first.status == 201)
            #expect(world.clock.sleeperCount == 0)
            let repeated = await world.router().respond(to: post())
            #expect(repeated.headers["Idempotent-Replayed"] == "true")
            #expect(world.runs.count == 1)
            #expect(world.recorder.lines.filter { $0.level >= .warning }.isEmpty)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a request that does not end loses its key, and its late answer changes nothing`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            let gate = Gate()
            let router = world.router { run, _ in
                if run == 1 { await gate.pass() }
                return .json(["run": .int(Int64(run))], status: 201)
            }
            async let first = router.respond(to: post())
            while world.runs.count == 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            let began = world.clock.now()
            while world.clock.now().adding(Self.options.renewal).since(began) < Self.options.renewedMax {
                try await liveOn(world)
            }
            while world.clock.sleeperCount == 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            world.clock.advance(by: Self.options.renewal)
            try await told("idempotency_lease_ends", world)
            #expect(world.clock.sleeperCount == 0)
            #expect(await router.respond(to: post()).status == 409)
            world.clock.advance(by: Self.options.lease)
            let second = await router.respond(to: post())
            #expect(second.status == 201)
            gate.open()
            let late = await first
            #expect(late.body != second.body)
            let repeated = await router.respond(to: post())
            #expect(repeated.body == second.body && repeated.headers["Idempotent-Replayed"] == "true")
            #expect(world.runs.count == 2)
        }
    }

    @Test(arguments: TestEngine.all) func `who has lost the key to another renews it no more and keeps no answer`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let gate = Gate()
            let router = world.router { _, _ in
                await gate.pass()
                return .text("late")
            }
            async let first = router.respond(to: post())
            while world.runs.count == 0 || world.clock.sleeperCount == 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            try await world.database.write { tx in _ = try tx.execute("UPDATE idempotency_keys SET claim = 'another'") }
            world.clock.advance(by: Self.options.renewal)
            try await told("idempotency_lease_lost", world)
            #expect(world.clock.sleeperCount == 0)
            gate.open()
            #expect(await first.body == Array("late".utf8))
            let rows = try await world.database.read { tx in try tx.rows("SELECT status FROM idempotency_keys") }
            #expect(try rows.map { try $0.intOrNil("status") } == [nil])
        }
    }

    @Test(arguments: TestEngine.all) func `a renewal that fails is told once, tried again, and stops no request`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            let gate = Gate()
            let router = world.router(database: database) { _, _ in
                await gate.pass()
                return .text("well")
            }
            database.script([.works, .fails, .fails, .works])
            async let first = router.respond(to: post())
            while world.runs.count == 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            for failures in 1...2 {
                while world.clock.sleeperCount == 0 {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                world.clock.advance(by: Self.options.renewal)
                while database.failureCount < failures {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            try await liveOn(world)
            #expect(world.recorder.lines(of: "idempotency_lease_not_renewed").count == 1)
            gate.open()
            #expect(await first.status == 200)
            #expect(await router.respond(to: post()).headers["Idempotent-Replayed"] == "true")
        }
    }

    /// `kill -9`: nobody is left to renew the hold or to free the key.
    @Test(arguments: TestEngine.all) func `who waits as long as it is told is served, when the first node died`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            database.script([.works, .fails])
            #expect(await world.router(database: database).respond(to: post()).status == 201)
            let other = world.router()
            var waits: [Int] = []
            while true {
                let response = await other.respond(to: post())
                if response.status == 201 { break }
                #expect(response.status == 409 && code(response) == "idempotency_key_in_use")
                let seconds = try #require(response.headers["Retry-After"].flatMap { Int($0) })
                waits.append(seconds)
                world.clock.advance(by: .seconds(seconds))
            }
            #expect(waits == [1, 9])
            #expect(world.runs.count == 2)
        }
    }

    @Test(arguments: [
        (0, 10_000, 1), (999, 9_001, 1), (1_000, 9_000, 9), (2_500, 7_500, 8), (9_999, 1, 1), (60_000, 6_667, 7),
        // Nodes whose clocks differ.
        (-5_000, 14_000, 1), (8_000, 31_001, 32),
    ])
    func `how long a repeat is to wait`(ageMs: Int64, leftMs: Int64, seconds: Int64) {
        #expect(
            Self.options.wait(age: .milliseconds(ageMs), left: .milliseconds(leftMs)) == .seconds(seconds))
    }

    @Test(arguments: TestEngine.all) func `who serves a database alone frees what its last process held, and no answer`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            #expect(await world.router().respond(to: post(key: "answered")).status == 201)
            database.script([.works, .fails])
            #expect(await world.router(database: database).respond(to: post(key: "lost")).status == 201)
            #expect(await world.router().respond(to: post(key: "lost")).status == 409)
            try await world.database.write { tx in try AbandonedKeys.free(in: tx) }
            let next = world.router()
            #expect(await next.respond(to: post(key: "lost")).status == 201)
            #expect(await next.respond(to: post(key: "answered")).headers["Idempotent-Replayed"] == "true")
            #expect(world.runs.count == 3)
        }
    }
}
