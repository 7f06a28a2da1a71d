import Simulator
import Testing

/// The simulator finds bugs that are planted.
@Suite struct MutationTests {
    /// Those that take more histories than a test should play; `make sim-mutations` plants them all.
    private static let slow: Set<String> = ["fresh_key_on_retry", "refund_with_fresh_key", "trust_event_order"]

    @Test(.timeLimit(.minutes(10)), arguments: Mutations.all.filter { !slow.contains($0.name) }.map(\.name))
    func `a planted bug is caught`(name: String) async throws {
        let mutation = try #require(Mutations.all.first { $0.name == name })
        let simulator = try await Simulator(mutation: mutation)
        let tally = try await simulator.run(from: 1, count: 2000, jobs: 1, failuresMax: 1)
        #expect(!tally.failures.isEmpty, "\(mutation.summary)")
    }

    @Test func `there are at least twelve, each with its own name`() {
        #expect(Set(Mutations.all.map(\.name)).count == Mutations.all.count)
        #expect(Mutations.all.count >= 12)
        #expect(Self.slow.isSubset(of: Mutations.all.map(\.name)))
    }

    @Test func `a failing history is cut down to what matters`() async throws {
        let mutation = try #require(Mutations.all.first { $0.name == "receipt_forgotten" })
        let simulator = try await Simulator(mutation: mutation)
        let tally = try await simulator.run(from: 1, count: 50, jobs: 1, failuresMax: 1)
        let failure = try #require(tally.failures.first)
        let (kept, outcome) = try simulator.shrink(seed: failure.seed, triesMax: 60)
        #expect(!outcome.violations.isEmpty)
        let again = try simulator.play(seed: failure.seed, keeping: Set(kept))
        #expect(again.hash == outcome.hash)
        #expect(kept.count <= 8)
    }
}
