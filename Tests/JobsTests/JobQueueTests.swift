import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Testing

@Suite struct JobQueueTests {
    @Test(arguments: TestEngine.all) func `a job exists exactly when what asked for it does`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            await #expect(throws: Broken.self) {
                try await world.database.write { tx in
                    try world.queue.enqueue(Greet(), in: tx)
                    throw Broken()
                }
            }
            #expect(try await world.jobs().isEmpty)
            let id = try await world.enqueue(Greet(), subject: "order-1")
            let job = try #require(try await world.job(id))
            #expect(job.kind == "tests.greet" && job.state == .available && job.attempt == 0)
            #expect(job.subject == "order-1" && job.runAt == world.clock.now() && job.createdAt == world.clock.now())
        }
    }

    @Test(arguments: TestEngine.all) func `a second job with the same key is not put in line`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            #expect(try await world.enqueue(Greet(name: "first"), dedupeKey: "k") != nil)
            #expect(try await world.enqueue(Greet(name: "second"), dedupeKey: "k") == nil)
            #expect(try await world.enqueue(Greet(name: "third"), dedupeKey: "other") != nil)
            #expect(try await world.enqueue(Greet()) != nil)
            #expect(try await world.enqueue(Greet()) != nil)
            #expect(try await world.jobs().count == 4)
        }
    }

    @Test(arguments: TestEngine.all) func `fifty at once with one key put one in line`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 { group.addTask { try await world.enqueue(Greet(), dedupeKey: "k") != nil } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(taken == 1)
            #expect(try await world.jobs().count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `what is too large is refused`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            await #expect(throws: JobsError.argumentsNotStorable) {
                try await world.enqueue(Greet(name: String(repeating: "x", count: JobLimits.argumentsBytesMax)))
            }
            await #expect(throws: JobsError.nameNotValid) { try await world.enqueue(Greet(), dedupeKey: "") }
            await #expect(throws: JobsError.nameNotValid) {
                try await world.enqueue(Greet(), subject: String(repeating: "x", count: 256))
            }
            #expect(try await world.jobs().isEmpty)
        }
    }

    @Test(
        arguments: TestEngine.all,
        [
            "UPDATE jobs SET state = 'running'", "UPDATE jobs SET locked_by = 'w'", "UPDATE jobs SET state = 'done'",
            "UPDATE jobs SET state = 'lost'", "UPDATE jobs SET state = 'dead', finished_at_ms = 1",
            "UPDATE jobs SET attempt = -1", "UPDATE jobs SET attempt = 1", "UPDATE jobs SET finished_at_ms = 1",
        ])
    func `the schema refuses a job that is in two states at once`(_ engine: TestEngine, _ statement: String)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            try await world.enqueue(Greet())
            await #expect {
                try await world.database.write { tx in try tx.execute(SQL(unsafe: statement)) }
            } throws: { error in
                if case .checkViolation = error as? DatabaseError { true } else { false }
            }
        }
    }
}
