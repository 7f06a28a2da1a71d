import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Testing

@Suite struct JobRunnerTests {
    /// A test's clock may run far ahead of what the database can keep up with; leases are tested elsewhere.
    private let patient = JobRunnerOptions(lease: .seconds(1_000_000_000))

    @Test(arguments: TestEngine.all) func `four runners do two hundred jobs once each`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            try await world.database.write { tx in
                for number in 1...200 { try world.queue.enqueue(Count(number: number), in: tx) }
            }
            let started = Ledger<Int>()
            let ended = Ledger<Int>()
            let runners = Ledger<JobRunner>()
            let definition = JobDefinition(Count.self) { arguments, _ in
                started.add(arguments.number)
                await Task.yield()
                if ended.add(arguments.number) == 200 { for runner in runners.entries { runner.stop() } }
            }
            for _ in 1...4 { runners.add(world.runner([definition])) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for runner in runners.entries { group.addTask { try await runner.run() } }
                try await group.waitForAll()
            }
            #expect(started.entries.sorted() == Array(1...200))
            #expect(ended.entries.count == 200)
            #expect(try await world.jobs().allSatisfy { $0.state == .done && $0.attempt == 1 })
        }
    }

    @Test(arguments: TestEngine.all) func `a runner that waits is woken by a notification`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let runners = Ledger<JobRunner>()
            let ran = Ledger<Int>()
            let bell = BellDatabase(world.database)
            // Each job puts the next one in line and rings; nobody moves the clock, so there is no polling.
            let definition = JobDefinition(Count.self) { arguments, _ in
                ran.add(arguments.number)
                if arguments.number == 20 { for runner in runners.entries { runner.stop() } }
                try await world.enqueue(Count(number: arguments.number + 1))
                bell.ring()
            }
            let runner = world.runner([definition], options: patient, database: bell)
            runners.add(runner)
            try await world.enqueue(Count(number: 1))
            try await runner.run()
            #expect(ran.entries == Array(1...20))
        }
    }

    @Test(arguments: TestEngine.all) func `work that comes while a runner waits is found`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let runners = Ledger<JobRunner>()
            let ran = Ledger<Int>()
            let policy = JobPolicy(timeLimit: .seconds(1_000_000_000))
            let definition = JobDefinition(Count.self, policy: policy) { arguments, _ in
                ran.add(arguments.number)
                if arguments.number == 20 { for runner in runners.entries { runner.stop() } }
                try await world.enqueue(Count(number: arguments.number + 1))
            }
            let runner = world.runner([definition], options: patient)
            runners.add(runner)
            try await world.withTimePassing {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await runner.run() }
                    try await world.enqueue(Count(number: 1))
                    try await group.waitForAll()
                }
            }
            #expect(ran.entries == Array(1...20))
        }
    }

    @Test(arguments: TestEngine.all) func `a retry comes by polling`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runners = Ledger<JobRunner>()
            let ran = Ledger<Int>()
            let runner = world.runner(
                [
                    JobDefinition(Greet.self) { _, context in
                        if ran.add(context.attempt) < 3 { throw Broken() }
                        for runner in runners.entries { runner.stop() }
                    }
                ], options: patient)
            runners.add(runner)
            try await world.enqueue(Greet())
            try await world.withTimePassing { try await runner.run() }
            #expect(ran.entries == [1, 2, 3])
        }
    }

    @Test(arguments: TestEngine.all)
    func `a lane never runs more at once than it has slots, and lanes do not wait for each other`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let events = Ledger<Int>()
            let runners = Ledger<JobRunner>()
            let release = Ledger<Int>()
            let runner = world.runner(
                [
                    // Two slow ones hold their lane until the other lane has done all its work.
                    JobDefinition(Greet.self, policy: JobPolicy(queue: "slow")) { _, _ in
                        events.add(+1)
                        while release.entries.count < 30 { await Task.yield() }
                        events.add(-1)
                        if events.entries.count == 10 { for runner in runners.entries { runner.stop() } }
                    },
                    JobDefinition(Count.self) { arguments, _ in release.add(arguments.number) },
                ], options: JobRunnerOptions(slotsDefault: 3, slots: ["slow": 2]))
            runners.add(runner)
            for _ in 1...5 { try await world.enqueue(Greet()) }
            for number in 1...30 { try await world.enqueue(Count(number: number)) }
            try await runner.run()
            var running = 0
            var most = 0
            for event in events.entries {
                running += event
                most = max(most, running)
            }
            #expect(most == 2 && running == 0)
            #expect(release.entries.sorted() == Array(1...30))
        }
    }

    @Test(arguments: TestEngine.all) func `a job that ends within the grace is done`(_ engine: TestEngine) async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let runners = Ledger<JobRunner>()
            let runner = world.runner(
                [
                    JobDefinition(Greet.self) { _, _ in
                        for runner in runners.entries { runner.stop() }
                        for _ in 0..<100 { await Task.yield() }
                        try Task.checkCancellation()
                    }
                ], options: JobRunnerOptions(slotsDefault: 1))
            runners.add(runner)
            let first = try await world.enqueue(Greet())
            let second = try await world.enqueue(Greet())
            try await runner.run()
            #expect(try await world.job(first)?.state == .done)
            #expect(try await world.job(second)?.state == .available)
            #expect(world.recorder.lines(of: "job_runner_stopped").count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `a job that outlives the grace is given back and has lost no attempt`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runners = Ledger<JobRunner>()
            let runner = world.runner(
                [
                    JobDefinition(Greet.self, policy: JobPolicy(timeLimit: .seconds(1_000_000_000))) { _, _ in
                        for runner in runners.entries { runner.stop() }
                        try await world.clock.sleep(for: .seconds(900_000_000))
                    }
                ], options: patient)
            runners.add(runner)
            let id = try await world.enqueue(Greet())
            try await world.withTimePassing { try await runner.run() }
            let job = try #require(try await world.job(id))
            #expect(job.state == .available && job.attempt == 0)
            #expect(world.recorder.lines(of: "job_given_back").count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `what a cancelled runner left is done by the next`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let ran = Ledger<Int>()
            let policy = JobPolicy(backoff: Backoff(first: .zero, longest: .zero))
            let definition = JobDefinition(Greet.self, policy: policy) { _, context in
                if ran.add(context.attempt) == 1 { try await world.clock.sleep(for: .seconds(1_000)) }
            }
            let id = try await world.enqueue(Greet())
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await world.runner([definition]).run() }
                while ran.entries.isEmpty { await Task.yield() }
                group.cancelAll()
            }
            #expect(try await world.job(id)?.state == .available)
            world.clock.advance(by: .seconds(60))
            #expect(try await world.runner([definition]).runDue() == 1)
            #expect(try await world.job(id)?.state == .done)
        }
    }

    @Test(arguments: TestEngine.all) func `a database that goes away is waited for`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runners = Ledger<JobRunner>()
            let flaky = FlakyDatabase(world.database)
            flaky.fail(.unavailable(reason: "gone"), times: 5)
            let runner = world.runner(
                [JobDefinition(Greet.self) { _, _ in for runner in runners.entries { runner.stop() } }],
                options: patient, database: flaky)
            runners.add(runner)
            let id = try await world.enqueue(Greet())
            try await world.withTimePassing { try await runner.run() }
            #expect(try await world.job(id)?.state == .done)
            #expect(!world.recorder.lines(of: "jobs_not_claimed").isEmpty)
        }
    }

    @Test(arguments: TestEngine.all) func `a closed database ends the runner`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let flaky = FlakyDatabase(world.database)
            flaky.fail(.closed, times: .max)
            let runner = world.runner([JobDefinition(Greet.self) { _, _ in }], database: flaky)
            await #expect(throws: DatabaseError.closed) { try await runner.run() }
        }
    }

    @Test(arguments: TestEngine.all) func `a runner without work to know of runs until it is stopped`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runner = world.runner([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                runner.stop()
                runner.stop()
                try await group.waitForAll()
            }
        }
    }
}
