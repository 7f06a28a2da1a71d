import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Testing

@Suite struct JobAdministrationTests {
    @Test(arguments: TestEngine.all) func `counts tell what waits, runs and is dead, and since when`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let start = world.clock.now()
            let runner = world.runner([
                JobDefinition(Count.self) { arguments, _ in
                    if arguments.number < 0 { throw JobDiscard("negative") }
                }
            ])
            for number in [-1, -2, 3] { try await world.enqueue(Count(number: number)) }
            _ = try await runner.runDue()
            try await world.enqueue(Greet(), runAt: start.adding(.seconds(-5)))
            try await world.enqueue(Greet(), runAt: start.adding(.seconds(5)))
            let counts = try await world.administration.counts()
            #expect(counts.map(\.kind) == ["tests.greet", "tests.count"])
            #expect(counts.map(\.state) == [.available, .dead])
            #expect(counts.map(\.count) == [2, 2])
            #expect(counts.map(\.oldestRunAt) == [start.adding(.seconds(-5)), start])
        }
    }

    @Test(arguments: TestEngine.all) func `lists are newest first and bounded`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            for number in 1...5 { try await world.enqueue(Count(number: number), subject: "s\(number % 2)") }
            let all = try await world.administration.list(state: .available)
            #expect(all.map(\.id) == all.map(\.id).sorted { $0.rawValue > $1.rawValue })
            #expect(try await world.administration.list(state: .available, limit: 2) == Array(all.prefix(2)))
            #expect(try await world.administration.list(state: .available, limit: -4).count == 1)
            #expect(try await world.administration.jobs(subject: "s1").map(\.id) == [all[4], all[2], all[0]].map(\.id))
            #expect(try await world.administration.jobs(subject: "none").isEmpty)
        }
    }

    @Test(arguments: TestEngine.all) func `a replayed job has all its attempts before it`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let tries = Ledger<Int>()
            let policy = JobPolicy(attemptsMax: 2, backoff: Backoff(first: .zero, longest: .zero))
            let runner = world.runner([
                JobDefinition(Greet.self, policy: policy) { _, context in
                    if tries.add(context.attempt) < 4 { throw Broken() }
                }
            ])
            let id = try #require(try await world.enqueue(Greet()))
            await #expect(throws: JobsError.jobNotDead) { try await world.administration.replay(id) }
            #expect(try await runner.runDue() == 2)
            try await world.administration.replay(id)
            await #expect(throws: JobsError.jobNotDead) { try await world.administration.replay(id) }
            #expect(try await runner.runDue() == 2)
            #expect(tries.entries == [1, 2, 1, 2])
            #expect(try await world.job(id)?.state == .done)
            await #expect(throws: JobsError.jobNotFound) { try await world.administration.replay(ID("none")) }
        }
    }

    @Test(arguments: TestEngine.all) func `every dead letter of a kind is replayed at once`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let isBroken = Ledger<Int>()
            let runner = world.runner([
                JobDefinition(Count.self) { _, _ in if isBroken.entries.isEmpty { throw JobDiscard("broken") } },
                JobDefinition(Greet.self) { _, _ in throw JobDiscard("broken") },
            ])
            for number in 1...3 { try await world.enqueue(Count(number: number)) }
            try await world.enqueue(Greet())
            _ = try await runner.runDue()
            isBroken.add(0)
            #expect(try await world.administration.replayAll("tests.count") == 3)
            #expect(try await world.administration.replayAll("tests.count") == 0)
            #expect(try await runner.runDue() == 3)
            #expect(try await world.administration.deadLetters().map(\.kind) == ["tests.greet"])
        }
    }
}
