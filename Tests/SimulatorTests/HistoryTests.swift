import Simulator
import Testing

/// Histories of the whole application in a world that does its worst, without network, clock or chance of their own (GEN-15): what
/// a seed finds is found again.
@Suite struct HistoryTests {
    @Test func `the same seed is the same history, byte for byte`() async throws {
        let (one, other) = (try await Simulator(), try await Simulator())
        for seed in UInt64(1)...6 {
            let first = try one.play(seed: seed)
            let again = try one.play(seed: seed)
            let elsewhere = try other.play(seed: seed)
            #expect(first.lines == again.lines)
            #expect(first.hash == again.hash)
            #expect(first.hash == elsewhere.hash)
        }
    }

    @Test func `the steps of a history are known before it is played, and have ids from 1 on`() async throws {
        let simulator = try await Simulator()
        let steps = simulator.steps(of: 7)
        #expect(steps == Array(1...steps.count))
        #expect(try simulator.play(seed: 7, keeping: Set(steps)).hash == simulator.play(seed: 7).hash)
    }

    @Test func `other seeds are other histories`() async throws {
        let simulator = try await Simulator()
        var hashes: Set<UInt64> = []
        for seed in UInt64(1)...12 { hashes.insert(try simulator.play(seed: seed, keepsLines: false).hash) }
        #expect(hashes.count == 12)
    }
}
