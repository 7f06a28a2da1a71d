import Database
import DatabaseTesting
import Kernel
import KernelTesting
import Testing

@testable import Jobs

/// What a lane takes at once, of all its kinds together.
@Suite struct ClaimTests {
    private func claim(_ world: JobsWorld, limit: Int, by worker: String = "w") async throws -> [ClaimedJob] {
        let now = world.clock.now()
        return try await world.database.write { tx in
            try JobRepository(tx: tx).claim(
                kinds: [Count.kind, Greet.kind], limit: limit, worker: worker, now: now,
                lockedUntil: now.adding(.seconds(60)))
        }
    }

    /// Six jobs of two kinds in turns, a second apart, all due, and one that is not.
    private func fill(_ world: JobsWorld) async throws -> [ID<Job>] {
        let now = world.clock.now()
        var ids: [ID<Job>] = []
        for turn in 0..<6 {
            let at = now.adding(.seconds(Int64(turn) - 10))
            let id =
                turn % 2 == 0
                ? try await world.enqueue(Count(number: turn), runAt: at) : try await world.enqueue(Greet(), runAt: at)
            ids.append(try #require(id))
        }
        try await world.enqueue(Greet(), runAt: now.adding(.seconds(1)))
        return ids
    }

    @Test(arguments: TestEngine.all) func `the longest due come first of all kinds, and as many as there is room for`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let ids = try await fill(world)
            #expect(try await claim(world, limit: 4).map(\.id) == Array(ids[..<4]))
            #expect(try await claim(world, limit: 4).map(\.id) == Array(ids[4...]))
            #expect(try await claim(world, limit: 4).isEmpty)
        }
    }

    @Test(arguments: TestEngine.all) func `two who claim at once never get the same job`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let ids = try await fill(world)
            async let one = claim(world, limit: 3, by: "one")
            async let other = claim(world, limit: 3, by: "other")
            let both = try await one.map(\.id) + other.map(\.id)
            #expect(Set(both).count == both.count)
            // What one held for a moment, the other passed over, and takes the next time.
            let rest = try await claim(world, limit: 6).map(\.id)
            #expect(Set(both + rest) == Set(ids))
        }
    }
}
