import Kernel
import Testing
import TimeZones

/// S4-DATA-01: what a day is, in the product's own zone.
@Suite struct ZonedDaysTests {
    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    @Test(arguments: [
        ("Asia/Tokyo", "2026-11-21T14:59:59.999Z", "2026-11-21", "2026-11-21T15:00:00.000Z"),
        ("Asia/Tokyo", "2026-11-21T15:00:00.000Z", "2026-11-22", "2026-11-22T15:00:00.000Z"),
        // 25 hours and 23 hours.
        ("Europe/Berlin", "2026-10-25T12:00:00.000Z", "2026-10-25", "2026-10-25T23:00:00.000Z"),
        ("Europe/Berlin", "2026-03-29T12:00:00.000Z", "2026-03-29", "2026-03-29T22:00:00.000Z"),
        // Midnight itself is skipped: the day begins at one o'clock.
        ("Africa/Cairo", "2026-04-23T12:00:00.000Z", "2026-04-23", "2026-04-23T22:00:00.000Z"),
        ("Africa/Cairo", "2026-04-23T22:00:00.000Z", "2026-04-24", "2026-04-24T21:00:00.000Z"),
        ("Pacific/Kiritimati", "2026-12-31T10:00:00.000Z", "2027-01-01", "2027-01-01T10:00:00.000Z"),
        ("America/New_York", "2026-03-08T04:59:59.999Z", "2026-03-07", "2026-03-08T05:00:00.000Z"),
        ("UTC", "2028-02-29T23:59:59.999Z", "2028-02-29", "2028-03-01T00:00:00.000Z"),
    ])
    func `a day ends where the next one begins`(zone: String, at: String, day: String, end: String) throws {
        let days = try #require(ZonedDays(zone: zone))
        let found = days.day(of: try moment(at))
        #expect(found.description == day)
        #expect(days.end(of: found) == (try moment(end)))
        #expect(days.day(of: days.end(of: found)) > found)
        #expect(days.day(of: Timestamp(epochMs: days.end(of: found).epochMs - 1)) == found)
    }

    @Test(arguments: ["Asia/Tokio", "JST", "+09:00", "", "GMT+9", "../etc/passwd"])
    func `what is no name of the database is no zone`(name: String) {
        #expect(ZonedDays(zone: name) == nil)
    }

    @Test(arguments: ["2026-1-01", "2026-13-01", "2026-00-10", "26-01-01", "2026-01-32", "2026/01/01", "２０26-01-01"])
    func `what is no day is not read as one`(text: String) {
        #expect(CalendarDay(text) == nil)
    }

    @Test func `days are ordered and read back`() throws {
        let days = try ["0999-12-31", "2026-01-31", "2026-02-01", "2027-01-01"].map { try #require(CalendarDay($0)) }
        #expect(days == days.sorted())
        #expect(days.map(\.description) == ["0999-12-31", "2026-01-31", "2026-02-01", "2027-01-01"])
    }
}
