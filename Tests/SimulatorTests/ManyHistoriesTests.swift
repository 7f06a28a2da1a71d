import Simulator
import Testing

/// A small share of `make sim` with every change; the whole of it is run before a release.
@Suite struct ManyHistoriesTests {
    @Test(.timeLimit(.minutes(10))) func `no rule is broken in any history`() async throws {
        let simulator = try await Simulator()
        let tally = try await simulator.run(from: 100_000, count: 150, jobs: 2)
        for failure in tally.failures {
            Issue.record("kessai sim --seed \(failure.seed): \(failure.violations)")
        }
        #expect(tally.histories == 150)
        #expect(tally.byFeature["passes"] ?? 0 > 30)
        #expect(tally.byFeature["orders"] ?? 0 > 30)
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
