import Database
import DatabaseTesting
import Kernel
import KernelTesting
import Testing

@testable import Jobs

@Suite struct LeaseTests {
    private func claim(_ world: JobsWorld, worker: String) async throws -> ClaimedJob? {
        let now = world.clock.now()
        return try await world.database.write { tx in
            try JobRepository(tx: tx).claim(
                kinds: [Greet.kind], limit: 1, worker: worker, now: now, lockedUntil: now.adding(.seconds(60))
            ).first
        }
    }

    @Test(arguments: TestEngine.all) func `the job of a lost worker is taken back when its lease has run out`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            _ = try #require(try await claim(world, worker: "lost"))
            let ran = Ledger<Int>()
            let runner = world.runner([JobDefinition(Greet.self) { _, context in ran.add(context.attempt) }])
            world.clock.advance(by: .milliseconds(59_999))
            #expect(try await runner.runDue() == 0)
            #expect(try await world.job(id)?.state == .running)
            world.clock.advance(by: .milliseconds(1))
            #expect(try await runner.runDue() == 0)
            #expect(try await world.job(id)?.lastError == "its worker was lost while it ran")
            #expect(world.recorder.lines(of: "job_rescued").first?["worker"] == "lost")
            world.clock.advance(by: .seconds(2))
            #expect(try await runner.runDue() == 1)
            #expect(ran.entries == [2])
        }
    }

    @Test(arguments: TestEngine.all) func `a job that kills every worker is dead in the end`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            let policy = JobPolicy(attemptsMax: 2, backoff: Backoff(first: .zero, longest: .zero))
            let runner = world.runner([
                JobDefinition(Greet.self, policy: policy) { _, _ in Issue.record("the worker dies before it runs") }
            ])
            _ = try #require(try await claim(world, worker: "first"))
            world.clock.advance(by: .seconds(60))
            let rescuer = JobRescuer(
                definitions: [Greet.kind: JobDefinition(Greet.self, policy: policy) { _, _ in }],
                random: world.random, log: .silent)
            let now = world.clock.now()
            _ = try await world.database.write { tx in try rescuer.rescue(tx, now: now).count }
            _ = try #require(try await claim(world, worker: "second"))
            world.clock.advance(by: .seconds(60))
            #expect(try await runner.runDue() == 0)
            #expect(try await world.job(id)?.state == .dead)
        }
    }

    @Test(arguments: TestEngine.all) func `a rescuer leaves kinds alone that it does not know`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            _ = try #require(try await claim(world, worker: "lost"))
            world.clock.advance(by: .seconds(61))
            #expect(try await world.runner([JobDefinition(Count.self) { _, _ in }]).runDue() == 0)
            #expect(try await world.job(id)?.state == .running)
        }
    }

    @Test(arguments: TestEngine.all) func `a batch of lost jobs of a newer version keeps no known one waiting`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let now = world.clock.now()
            for _ in 0...JobRescuer.batchMax { try await world.enqueue(Unknown()) }
            _ = try await world.database.write { tx in
                try JobRepository(tx: tx).claim(
                    kinds: [Unknown.kind], limit: 1000, worker: "newer", now: now, lockedUntil: now.adding(.seconds(5)))
            }
            let id = try await world.enqueue(Greet())
            _ = try #require(try await claim(world, worker: "lost"))
            world.clock.advance(by: .seconds(61))
            #expect(try await world.runner([JobDefinition(Greet.self) { _, _ in }]).runDue() == 0)
            #expect(try await world.job(id)?.state == .available)
        }
    }

    @Test(arguments: TestEngine.all) func `a worker that lost its lease can change nothing`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            try await world.enqueue(Greet())
            let stale = try #require(try await claim(world, worker: "one"))
            let now = world.clock.now()
            // Given back and taken by the very same worker again: worker and attempt are equal, the fence is not.
            #expect(try await world.database.write { tx in try JobRepository(tx: tx).putBack(stale, runAt: now) })
            let holder = try #require(try await claim(world, worker: "one"))
            #expect(holder.attempt == stale.attempt && holder.fence == stale.fence + 1)
            let verdicts: [JobVerdict] = [
                .done, .retry(after: .zero, error: "x"), .snooze(.zero), .giveBack, .dead(error: "x"), .leave,
            ]
            for verdict in verdicts {
                #expect(
                    try await world.database.write { tx in
                        try !verdict.write(stale, now: now, in: JobRepository(tx: tx))
                    })
            }
            #expect(
                try await world.database.write { tx in
                    try !JobRepository(tx: tx).renew(stale, until: now.adding(.seconds(999)))
                })
            let job = try #require(try await world.job(holder.id))
            #expect(job.state == .running && job.lockedUntil == holder.lockedUntil)
            #expect(try await world.database.write { tx in try JobRepository(tx: tx).finish(holder, at: now) })
            #expect(try await world.job(holder.id)?.state == .done)
        }
    }

    @Test(arguments: TestEngine.all) func `the outcome of work whose job was taken is not written`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            let runner = world.runner([
                JobDefinition(Greet.self) { _, _ in
                    _ = try await world.database.write { tx in
                        try tx.execute("UPDATE jobs SET fence = fence + 1, locked_by = 'another'")
                    }
                }
            ])
            #expect(try await runner.runDue() == 1)
            #expect(try await world.job(id)?.state == .running)
            #expect(world.recorder.lines(of: "job_lease_lost").count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `the lease is renewed while the work goes on`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            let start = world.clock.now()
            let policy = JobPolicy(timeLimit: .seconds(1_000_000_000))
            let runner = world.runner([
                JobDefinition(Greet.self, policy: policy) { _, _ in
                    while try await world.job(id)?.lockedUntil == start.adding(.seconds(60)) {
                        world.clock.advance(by: .seconds(1))
                        await Task.yield()
                    }
                }
            ])
            #expect(try await runner.runDue() == 1)
            #expect(try await world.job(id)?.state == .done)
        }
    }

    @Test(arguments: TestEngine.all) func `work is cancelled when its job was taken`(_ engine: TestEngine) async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            let policy = JobPolicy(timeLimit: .seconds(1_000_000_000))
            let runner = world.runner([
                JobDefinition(Greet.self, policy: policy) { _, _ in
                    _ = try await world.database.write { tx in
                        try tx.execute(
                            """
                            UPDATE jobs SET fence = fence + 1, locked_by = 'another',
                                locked_until_ms = locked_until_ms + 1000000000000
                            """)
                    }
                    while !Task.isCancelled {
                        world.clock.advance(by: .seconds(1))
                        await Task.yield()
                    }
                    try Task.checkCancellation()
                }
            ])
            #expect(try await runner.runDue() == 1)
            #expect(try await world.job(id)?.state == .running)
            #expect(world.recorder.lines(of: "job_lease_lost").count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `work is cancelled when its lease cannot be renewed before it ends`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            let flaky = FlakyDatabase(world.database)
            let policy = JobPolicy(timeLimit: .seconds(1_000_000_000))
            let runner = world.runner(
                [
                    JobDefinition(Greet.self, policy: policy) { _, _ in
                        flaky.fail(.unavailable(reason: "gone"), times: .max)
                        while !Task.isCancelled {
                            world.clock.advance(by: .seconds(1))
                            await Task.yield()
                        }
                        flaky.fail(.unavailable(reason: "gone"), times: 0)
                        try Task.checkCancellation()
                    }
                ], database: flaky)
            #expect(try await runner.runDue() == 1)
            // Nothing was written by the worker: the job is the rescuer's, who came next.
            #expect(try await world.job(id)?.lastError == "its worker was lost while it ran")
            #expect(!world.recorder.lines(of: "job_lease_not_renewed").isEmpty)
        }
    }

    @Test(arguments: TestEngine.all) func `an outcome that cannot be stored is left to the rescuer`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            let flaky = FlakyDatabase(world.database)
            let ran = Ledger<Int>()
            let policy = JobPolicy(backoff: Backoff(first: .zero, longest: .zero))
            let runner = world.runner(
                [
                    JobDefinition(Greet.self, policy: policy) { _, context in
                        if ran.add(context.attempt) == 1 { flaky.fail(.commitUnknown, times: 1) }
                    }
                ], database: flaky)
            #expect(try await runner.runDue() == 1)
            #expect(try await world.job(id)?.state == .running)
            #expect(world.recorder.lines(of: "job_outcome_not_stored").first?["error"] == "DatabaseError.commitUnknown")
            world.clock.advance(by: .seconds(60))
            #expect(try await runner.runDue() == 1)
            #expect(ran.entries == [1, 2])
            #expect(try await world.job(id)?.state == .done)
        }
    }
}
