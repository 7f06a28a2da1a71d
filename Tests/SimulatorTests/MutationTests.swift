import Simulator
import Testing

/// The simulator finds bugs that are planted: what it holds of events, keys, signatures and amounts (GEN-03, GEN-06, GEN-08,
/// S3-HOOK-04, S3-HOOK-06), it would miss.
@Suite struct MutationTests {
    /// Those that a few histories catch; the release binary plants them all (`kessai sim --mutations`).
    private static let quick = [
        "missing_unique_event", "settle_twice", "receipt_forgotten", "job_forgotten", "signature_not_checked",
        "key_ignored", "no_ownership_check", "customer_forgotten",
    ]

    @Test(.timeLimit(.minutes(10)), arguments: quick)
    func `a planted bug is caught`(name: String) async throws {
        let mutation = try #require(Mutations.all.first { $0.name == name })
        let simulator = try await Simulator(mutation: mutation)
        let tally = try await simulator.run(from: 1, count: 200, jobs: 1, failuresMax: 1)
        #expect(!tally.failures.isEmpty, "\(mutation.summary)")
    }

    /// Law 2, by itself: everything else about the second payment is as it should be, and it is flagged.
    @Test(.timeLimit(.minutes(10)))
    func `an order that is charged twice breaks that rule and no other`() async throws {
        let mutation = try #require(Mutations.all.first { $0.name == "second_intent_without_key" })
        let simulator = try await Simulator(mutation: mutation)
        let tally = try await simulator.run(from: 1, count: 30, jobs: 1)
        #expect(tally.failures.count > 2)
        for violation in tally.failures.flatMap(\.violations) {
            #expect(violation.hasPrefix("an order is charged by us once at Stripe: "))
        }
    }

    @Test func `there are at least twelve, each with its own name`() {
        #expect(Set(Mutations.all.map(\.name)).count == Mutations.all.count)
        #expect(Mutations.all.count >= 12)
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
