import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Testing

@Suite struct ScheduleTests {
    @Test(arguments: TestEngine.all) func `a schedule runs at first sight and then at every interval`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let ran = Ledger<Timestamp>()
            let start = world.clock.now()
            let runner = world.runner(
                [JobDefinition(Greet.self) { _, context in ran.add(context.now) }],
                schedules: [Schedule("hourly", every: .seconds(3600), Greet(name: "hour"))])
            for _ in 0..<12 {
                _ = try await runner.runDue()
                world.clock.advance(by: .seconds(600))
            }
            #expect(ran.entries == [start, start.adding(.seconds(3600))])
        }
    }

    @Test(arguments: TestEngine.all) func `missed ticks are not made up for, and the rhythm is kept`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let ran = Ledger<Timestamp>()
            let start = world.clock.now()
            let runner = world.runner(
                [JobDefinition(Greet.self) { _, context in ran.add(context.now) }],
                schedules: [Schedule("hourly", every: .seconds(3600), Greet())])
            _ = try await runner.runDue()
            world.clock.advance(by: .seconds(10 * 3600 + 1800))
            #expect(try await runner.runDue() == 1)
            world.clock.advance(by: .seconds(1799))
            #expect(try await runner.runDue() == 0)
            world.clock.advance(by: .seconds(1))
            #expect(try await runner.runDue() == 1)
            #expect(ran.entries.last == start.adding(.seconds(11 * 3600)))
        }
    }

    @Test(arguments: TestEngine.all) func `of many nodes one makes the tick`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let ran = Ledger<Int>()
            let definition = JobDefinition(Greet.self) { _, _ in ran.add(1) }
            let schedules = [Schedule("hourly", every: .seconds(3600), Greet())]
            for _ in 1...3 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 1...6 {
                        let runner = world.runner([definition], schedules: schedules)
                        group.addTask { _ = try await runner.runDue() }
                    }
                    try await group.waitForAll()
                }
                world.clock.advance(by: .seconds(3600))
            }
            #expect(ran.entries.count == 3)
        }
    }

    @Test(arguments: TestEngine.all) func `a tick whose last job is not done makes no second one, but hurries it`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let ran = Ledger<Int>()
            let policy = JobPolicy(backoff: Backoff(first: .seconds(86_400), longest: .seconds(86_400)))
            let runner = world.runner(
                [
                    JobDefinition(Greet.self, policy: policy) { _, context in
                        if ran.add(context.attempt) < 3 { throw Broken() }
                    }
                ], schedules: [Schedule("hourly", every: .seconds(3600), Greet())])
            for _ in 1...4 {
                #expect(try await runner.runDue() == 1)
                world.clock.advance(by: .seconds(3600))
            }
            #expect(ran.entries == [1, 2, 3, 1])
            #expect(try await world.jobs().count == 2)
        }
    }

    @Test(arguments: TestEngine.all) func `a shorter interval holds at once`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let definition = JobDefinition(Greet.self) { _, _ in }
            let daily = world.runner(
                [definition], schedules: [Schedule("report", every: .seconds(86_400), Greet())])
            #expect(try await daily.runDue() == 1)
            let minutely = world.runner([definition], schedules: [Schedule("report", every: .seconds(60), Greet())])
            #expect(try await minutely.runDue() == 0)
            world.clock.advance(by: .seconds(60))
            #expect(try await minutely.runDue() == 1)
        }
    }
}
