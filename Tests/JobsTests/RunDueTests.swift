import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Testing

@Suite struct RunDueTests {
    @Test(arguments: TestEngine.all) func `what is due runs once, in the order of its time, and the rest waits`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let now = world.clock.now()
            let ran = Ledger<Int>()
            let runner = world.runner([JobDefinition(Count.self) { arguments, _ in ran.add(arguments.number) }])
            try await world.enqueue(Count(number: 3), runAt: now.adding(.seconds(1)))
            try await world.enqueue(Count(number: 2))
            try await world.enqueue(Count(number: 1), runAt: now.adding(.seconds(-1)))
            #expect(try await runner.runDue() == 2)
            #expect(ran.entries == [1, 2])
            world.clock.advance(by: .seconds(1))
            #expect(try await runner.runDue() == 1)
            #expect(ran.entries == [1, 2, 3])
            #expect(try await world.jobs().allSatisfy { $0.state == .done && $0.attempt == 1 })
        }
    }

    @Test(arguments: TestEngine.all) func `a job that a job makes runs too`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runner = world.runner([
                JobDefinition(Count.self) { arguments, _ in
                    if arguments.number > 1 { try await world.enqueue(Count(number: arguments.number - 1)) }
                }
            ])
            try await world.enqueue(Count(number: 5))
            #expect(try await runner.runDue() == 5)
        }
    }

    @Test(arguments: TestEngine.all) func `a failure is tried again later, and dies after the last attempt`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let contexts = Ledger<JobContext>()
            let policy = JobPolicy(attemptsMax: 3, backoff: Backoff(first: .seconds(10), longest: .seconds(60)))
            let runner = world.runner([
                JobDefinition(Greet.self, policy: policy) { _, context in
                    contexts.add(context)
                    throw Broken()
                }
            ])
            let id = try await world.enqueue(Greet())
            #expect(try await runner.runDue() == 1)
            var job = try #require(try await world.job(id))
            #expect(job.state == .available && job.attempt == 1 && job.lastError == "Broken")
            #expect(job.runAt >= world.clock.now().adding(.seconds(5)))
            #expect(job.runAt <= world.clock.now().adding(.seconds(10)))
            for _ in 0..<2 {
                world.clock.advance(by: .seconds(60))
                #expect(try await runner.runDue() == 1)
            }
            job = try #require(try await world.job(id))
            #expect(job.state == .dead && job.attempt == 3 && job.finishedAt == world.clock.now())
            world.clock.advance(by: .seconds(86_400 * 365))
            #expect(try await runner.runDue() == 0)
            #expect(try await world.administration.deadLetters().map(\.id) == [job.id])
            #expect(contexts.entries.map(\.attempt) == [1, 2, 3])
            #expect(contexts.entries.map(\.isLastAttempt) == [false, false, true])
            #expect(world.recorder.lines(of: "job_failed").map(\.level) == [.warning, .warning])
            #expect(world.recorder.lines(of: "job_dead").map(\.level) == [.error])
            #expect(!world.recorder.lines.contains { $0.json.contains("card number") })
        }
    }

    @Test(arguments: TestEngine.all) func `a discarded job is dead at once`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runner = world.runner([JobDefinition(Greet.self) { _, _ in throw JobDiscard("no such order") }])
            let id = try await world.enqueue(Greet())
            #expect(try await runner.runDue() == 1)
            let job = try #require(try await world.job(id))
            #expect(job.state == .dead && job.lastError == "no such order")
        }
    }

    @Test(arguments: TestEngine.all) func `a snoozed job comes back and has lost no attempt`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let attempts = Ledger<Int>()
            let runner = world.runner([
                JobDefinition(Greet.self, policy: JobPolicy(attemptsMax: 1)) { _, context in
                    if attempts.add(context.attempt) < 3 { throw JobSnooze(for: .seconds(30)) }
                }
            ])
            let id = try await world.enqueue(Greet())
            for _ in 0..<2 {
                #expect(try await runner.runDue() == 1)
                #expect(try await world.job(id)?.runAt == world.clock.now().adding(.seconds(30)))
                world.clock.advance(by: .seconds(30))
            }
            #expect(try await runner.runDue() == 1)
            #expect(attempts.entries == [1, 1, 1])
            #expect(try await world.job(id)?.state == .done)
        }
    }

    @Test(arguments: TestEngine.all) func `arguments that cannot be read are a dead letter without their words`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet(name: "secret"))
            try await world.database.write { tx in
                _ = try tx.execute("UPDATE jobs SET arguments = '{\"name\":{\"secret\":1}}'")
            }
            let runner = world.runner([JobDefinition(Greet.self) { _, _ in Issue.record("it cannot have run") }])
            #expect(try await runner.runDue() == 1)
            let job = try #require(try await world.job(id))
            #expect(job.state == .dead && job.lastError == "the arguments cannot be read")
        }
    }

    @Test(arguments: TestEngine.all) func `kinds of a newer version are left alone`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Unknown())
            try await world.enqueue(Greet())
            let runner = world.runner([JobDefinition(Greet.self) { _, _ in }])
            #expect(try await runner.runDue() == 1)
            let job = try #require(try await world.job(id))
            #expect(job.state == .available && job.attempt == 0)
            #expect(try await world.runner([]).runDue() == 0)
        }
    }

    @Test(arguments: TestEngine.all) func `work that runs too long is cancelled and counts as failed`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runner = world.runner([
                JobDefinition(Greet.self, policy: JobPolicy(timeLimit: .seconds(10))) { _, _ in
                    // Once somebody waits for the limit.
                    while world.clock.sleeperCount == 0 { await Task.yield() }
                    world.clock.advance(by: .seconds(10))
                    // Nobody moves the clock again: only a cancellation ends this.
                    try await world.clock.sleep(for: .seconds(3600))
                }
            ])
            let id = try await world.enqueue(Greet())
            #expect(try await runner.runDue() == 1)
            let job = try #require(try await world.job(id))
            #expect(job.state == .available && job.attempt == 1)
            #expect(job.lastError == "ran longer than its limit of 10000 ms")
        }
    }

    @Test(arguments: TestEngine.all) func `work that succeeds although its time was over has succeeded`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runner = world.runner([
                JobDefinition(Greet.self, policy: JobPolicy(timeLimit: .seconds(10))) { _, _ in
                    // Once somebody waits for the limit.
                    while world.clock.sleeperCount == 0 { await Task.yield() }
                    world.clock.advance(by: .seconds(10))
                    while !Task.isCancelled { await Task.yield() }
                }
            ])
            let id = try await world.enqueue(Greet())
            #expect(try await runner.runDue() == 1)
            #expect(try await world.job(id)?.state == .done)
        }
    }

    @Test(arguments: TestEngine.all) func `what is done is forgotten after its retention, and its key is free again`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runner = world.runner([JobDefinition(Greet.self) { _, _ in }])
            try await world.enqueue(Greet(), dedupeKey: "k")
            _ = try await runner.runDue()
            world.clock.advance(by: .seconds(7 * 86_400 - 1))
            _ = try await runner.runDue()
            #expect(try await world.jobs().count == 1)
            #expect(try await world.enqueue(Greet(), dedupeKey: "k") == nil)
            world.clock.advance(by: .seconds(1))
            _ = try await runner.runDue()
            #expect(try await world.jobs().isEmpty)
            #expect(try await world.enqueue(Greet(), dedupeKey: "k") != nil)
        }
    }

    @Test(arguments: TestEngine.all) func `a cancelled caller gets no further job done`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let ran = Ledger<Int>()
            let runner = world.runner([
                JobDefinition(Count.self) { arguments, _ in
                    ran.add(arguments.number)
                    while !Task.isCancelled { await Task.yield() }
                }
            ])
            for number in 1...3 { try await world.enqueue(Count(number: number)) }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await #expect(throws: CancellationError.self) { try await runner.runDue() } }
                while ran.entries.isEmpty { await Task.yield() }
                group.cancelAll()
            }
            #expect(ran.entries == [1])
        }
    }
}
