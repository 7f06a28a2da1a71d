import AppTesting
import DatabaseTesting
import Drills
import KessaiApp
import Testing

/// The failpoints that a drill chooses from (GEN-15).
@Suite struct MenuTests {
    @Test func `the application knows every failpoint of the menu, and would refuse another`() async throws {
        let failpoints = try FailpointMenu.all.map { try Failpoint(reading: $0) }
        #expect(failpoints.count > 50)
        var options = World.Options()
        options.failpoints = Failpoints(failpoints) { _ in }
        try await World.run(on: .sqlite, options) { _ in }
        options.failpoints = Failpoints(failpoints + [Failpoint(.commitAfter, activity: "POST /api/order")]) { _ in }
        await #expect(throws: SettingsError.self) { try await World.run(on: .sqlite, options) { _ in } }
    }
}
