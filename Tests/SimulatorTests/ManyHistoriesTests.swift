import Simulator
import Testing

/// A few in a debug build, where what is read out of bounds or overflows ends the process. `make test` plays 1,500 with the
/// release binary, and `make sim` 20,000.
@Suite struct ManyHistoriesTests {
    @Test(.timeLimit(.minutes(10))) func `no rule is broken in any history`() async throws {
        let simulator = try await Simulator()
        let tally = try await simulator.run(from: 100_000, count: 40, jobs: 2)
        for failure in tally.failures {
            Issue.record("kessai sim --seed \(failure.seed): \(failure.violations)")
        }
        #expect(tally.histories == 40)
        #expect(tally.byFeature["passes"] ?? 0 > 10)
        #expect(tally.byFeature["orders"] ?? 0 > 10)
    }

    /// A history is let go of when it is over: a run of many needs no more memory than its longest.
    @Test func `nothing is left of a history that was played`() async throws {
        let simulator = try await Simulator()
        for seed in UInt64(1)...5 {
            let outcome = try simulator.play(seed: seed, keepsLines: false)
            #expect(outcome.isForgotten)
        }
    }

    /// The sum of the histories does not depend on who played them, and in which order.
    @Test func `one thread and two come to the same`() async throws {
        let simulator = try await Simulator()
        let one = try await simulator.run(from: 1, count: 12, jobs: 1)
        let two = try await simulator.run(from: 1, count: 12, jobs: 2)
        #expect(one.hash == two.hash)
        #expect(one.coverage == two.coverage)
    }
}
