import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Testing

/// Work that notes in its own last transaction that its job is done.
@Suite struct FinishTests {
    private struct Refusal: Error {}

    @Test(arguments: TestEngine.all) func `the last changes and the end of the job are one commit`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let database = world.database
            let runner = world.runner([
                JobDefinition(Greet.self) { _, context in
                    try await context.finish(in: database) { tx in
                        try tx.execute("UPDATE jobs SET subject = 'greeted' WHERE id = \(context.jobID)")
                    }
                }
            ])
            let id = try await world.enqueue(Greet())
            #expect(try await runner.runDue() == 1)
            let job = try await world.job(id)
            #expect(job?.state == .done)
            #expect(job?.subject == "greeted")
            #expect(world.recorder.lines(of: "job_done").count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `a job is not done when its last changes are refused`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let database = world.database
            let runner = world.runner([
                JobDefinition(Greet.self, policy: JobPolicy(attemptsMax: 1)) { _, context in
                    try await context.finish(in: database) { tx in
                        try tx.execute("UPDATE jobs SET subject = 'greeted' WHERE id = \(context.jobID)")
                        throw Refusal()
                    }
                }
            ])
            let id = try await world.enqueue(Greet(), subject: "nobody")
            #expect(try await runner.runDue() == 1)
            let job = try await world.job(id)
            #expect(job?.state == .dead)
            #expect(job?.subject == "nobody")
        }
    }

    @Test(arguments: TestEngine.all) func `what throws after its job was done has done it`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let database = world.database
            let runner = world.runner([
                JobDefinition(Greet.self) { _, context in
                    try await context.finish(in: database) { _ in }
                    throw Refusal()
                }
            ])
            let id = try await world.enqueue(Greet())
            #expect(try await runner.runDue() == 1)
            #expect(try await world.job(id)?.state == .done)
            #expect(world.recorder.lines(of: "job_failed").isEmpty)
        }
    }

    @Test(arguments: TestEngine.all) func `a worker that lost its lease keeps what happened, and not the job`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let database = world.database
            let runner = world.runner([
                JobDefinition(Greet.self) { _, context in
                    _ = try await database.write { tx in
                        try tx.execute("UPDATE jobs SET fence = fence + 1 WHERE id = \(context.jobID)")
                    }
                    try await context.finish(in: database) { tx in
                        try tx.execute("UPDATE jobs SET subject = 'greeted' WHERE id = \(context.jobID)")
                    }
                }
            ])
            let id = try await world.enqueue(Greet())
            #expect(try await runner.runDue() == 1)
            let job = try await world.job(id)
            #expect(job?.state == .running)
            #expect(job?.subject == "greeted")
            #expect(world.recorder.lines(of: "job_lease_lost").count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `without a runner only the changes are made`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let id = try await world.enqueue(Greet())
            let context = JobContext(jobID: ID("j"), now: world.clock.now())
            try await context.finish(in: world.database) { tx in try tx.execute("UPDATE jobs SET subject = 'x'") }
            let job = try await world.job(id)
            #expect(job?.state == .available)
            #expect(job?.subject == "x")
        }
    }
}
