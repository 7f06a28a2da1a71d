import Simulator
import Testing

/// Histories in which settings are not the usual ones.
@Suite struct SettingsTests {
    /// S3-NEXT-01: the customer is made at registration, where that is set.
    @Test func `in some histories buyers register, and their customers are made by the job`() async throws {
        let simulator = try await Simulator()
        let coverage = try await simulator.run(from: 1, count: 60, jobs: 2).coverage
        #expect((2...20).contains(coverage.weather["other_settings"] ?? 0))
        #expect(coverage.passes["commit in POST /api/auth/register"] ?? 0 > 0)
        #expect(coverage.passes["call in job:payments.create_customer"] ?? 0 > 0)
        #expect(simulator.jobKinds.contains("payments.create_customer"))
    }
}
