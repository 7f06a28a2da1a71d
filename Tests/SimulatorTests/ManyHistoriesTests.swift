import Simulator
import Testing

/// A few in a debug build, where what is read out of bounds or overflows ends the process. `make test` plays 1,500 with the
/// release binary, and `make sim` 20,000.
///
/// Whatever crashes, is lost, repeated or out of order, the laws of money hold (laws 1 to 11): events are harmless to repeat
/// and to reorder, and one event is processed once (GEN-03, GEN-06); amounts are the server's own (GEN-07); an order has one
/// payable intent and is paid by the event alone (S3-FLOW-08, S3-FLOW-10, S3-HOOK-06); forged events change nothing
/// (S3-HOOK-04); money for what was given up is flagged (S3-HOOK-07); refunds are the same on both sides (S3-NEXT-02); a user has
/// one customer (S3-NEXT-01); a purchase updates its device once, also when nobody confirms it, and for its day in Tokyo
/// (S4-CONF-05, S4-HOOK-01, S4-DATA-01).
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
