import AppTesting
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import Testing

/// Clocks around midnight and where days have other lengths (S4-DATA-01).
@Suite struct PassesDayTests {
    private static let device = "device-0001"

    @Test(
        arguments: TestEngine.all,
        [
            // Bought one second before midnight, delivered one second after: the whole next day.
            ("Asia/Tokyo", "2026-11-22T14:59:59Z", 2, "2026-11-23", "2026-11-23T15:00:00.000Z"),
            ("Asia/Tokyo", "2026-11-22T14:59:50Z", 2, "2026-11-22", "2026-11-22T15:00:00.000Z"),
            // A day of 25 hours, a day of 23, and a midnight that does not exist.
            ("Europe/Berlin", "2027-10-31T00:30:00Z", 1, "2027-10-31", "2027-10-31T23:00:00.000Z"),
            ("Europe/Berlin", "2027-03-28T00:30:00Z", 1, "2027-03-28", "2027-03-28T22:00:00.000Z"),
            ("Africa/Cairo", "2027-04-29T21:59:59Z", 2, "2027-04-30", "2027-04-30T21:00:00.000Z"),
            // Midnight comes twice, at 04:00 and 05:00 UTC: the first one ends the day before, and the second one
            // nothing.
            ("America/Havana", "2027-11-06T20:00:00Z", 1, "2027-11-06", "2027-11-07T04:00:00.000Z"),
            ("America/Havana", "2027-11-07T03:59:59Z", 2, "2027-11-07", "2027-11-08T05:00:00.000Z"),
            ("America/Havana", "2027-11-07T04:59:59Z", 2, "2027-11-07", "2027-11-08T05:00:00.000Z"),
            // The clock is put back at midnight, to eleven in the evening: that hour comes twice, and both are the day's.
            ("Asia/Beirut", "2027-10-30T20:59:59Z", 2, "2027-10-30", "2027-10-30T22:00:00.000Z"),
        ])
    func `a day pass is for the day on which it is delivered, to that day's end`(
        engine: TestEngine, row: (zone: String, begun: String, seconds: Int, day: String, end: String)
    ) async throws {
        try await World.run(on: engine, .passes(["PASSES_TIME_ZONE": row.zone])) { world in
            try world.travel(to: row.begun)
            let purchase = try await world.begin(Self.device, "daypass")
            try await world.payPage(purchase)
            world.clock.advance(by: .seconds(row.seconds))
            let reply = try await world.confirm(purchase)
            #expect(reply["last_unlock_date"]?.string == row.day)
            #expect(reply["unlocked_until"]?.string == row.end)
            #expect(await world.device(Self.device)["unlocked"] == true)
            try world.travel(to: row.end)
            #expect(await world.device(Self.device)["unlocked"] == false)
            // The next day's pass is another day's.
            let next = try await world.begin(Self.device, "daypass")
            try await world.payPage(next)
            let bought = try await world.confirm(next)
            #expect((bought["last_unlock_date"]?.string ?? "") > row.day)
        }
    }
}
