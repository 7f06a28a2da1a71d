import Simulator
import Testing

/// What was never tried is told: every fake can fail, time out and drop its answers, and did (GEN-15).
@Suite struct CoverageTests {
    @Test func `of nothing, everything is a gap`() {
        let gaps = Coverage().gaps(at: [.call: ["POST /api/orders"]], attacks: ["forge_event"])
        #expect(Fault.allCases.allSatisfy { gaps.contains($0.rawValue) })
        #expect(gaps.contains("crash_before_call in POST /api/orders"))
        #expect(gaps.contains("crash_after_call in POST /api/orders"))
        #expect(!gaps.contains("crash_after_commit in POST /api/orders"))
        #expect(gaps.contains("leap_day"))
        #expect(gaps.contains("forge_event"))
    }

    @Test func `of nothing, every misfortune of a request and a delivery at the named places is one`() {
        let names = Coverage().undisturbed(
            at: [.request: ["POST /api/orders"], .delivery: ["event refund.created"], .commit: ["process"]])
        #expect(names.count == Fault.allCases.filter { [.request, .delivery].contains($0.point) }.count)
        #expect(names.contains("request_answer_lost in POST /api/orders"))
        #expect(names.contains("delivery_hung_up in event refund.created"))
    }

    @Test func `what was tried is none, and a place that is passed often is one`() async throws {
        let simulator = try await Simulator()
        let coverage = try await simulator.run(from: 1, count: 40, jobs: 2).coverage
        let gaps = coverage.gaps(at: [:], attacks: [])
        for fault in coverage.faults.keys { #expect(!gaps.contains(fault.rawValue)) }
        #expect(coverage.faults.count > 5)
        let often = coverage.gaps(at: [:], attacks: [], passesMin: 1)
        #expect(often.count > gaps.count)
        #expect(often.contains { $0.hasPrefix("crash_before_commit in ") })
        let disturbed = try #require(coverage.disturbances.keys.sorted().first { $0.hasPrefix("request_") })
        let place = try #require(disturbed.split(separator: " ", maxSplits: 2).last).description
        #expect(!coverage.undisturbed(at: [.request: [place]]).contains(disturbed))
    }
}
