private import Foundation
public import Kernel

/// The days of a zone of the IANA database, by Foundation.
public struct ZonedDays: DayCalendar {
    /// The zone's name.
    public let zoneName: String
    private let calendar: Calendar

    /// The days of a zone; nil when the name is not one of the IANA database's.
    public init?(zone name: String) {
        // Foundation takes abbreviations and offsets too; only a name keeps its meaning when rules change.
        guard name == "UTC" || name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        self.calendar = calendar
        zoneName = name
    }

    /// The day that a moment lies in.
    public func day(of moment: Timestamp) -> CalendarDay {
        let parts = calendar.dateComponents([.year, .month, .day], from: Self.date(moment))
        return CalendarDay(year: parts.year ?? 1, month: parts.month ?? 1, day: parts.day ?? 1)
    }

    /// The beginning of the next day: where midnight is skipped, the first moment that exists.
    public func end(of day: CalendarDay) -> Timestamp {
        // Noon exists everywhere; a day later it is in the next day, however long either is.
        let noon = calendar.date(from: DateComponents(year: day.year, month: day.month, day: day.day, hour: 12))
        let next = noon.flatMap { calendar.date(byAdding: .day, value: 1, to: $0) }.map(calendar.startOfDay(for:))
        // Only a day outside the calendar has none, and no such day is ever stored.
        guard let next else { return Timestamp(epochMs: .max) }
        return Timestamp(epochMs: Int64((next.timeIntervalSince1970 * 1000).rounded()))
    }

    private static func date(_ moment: Timestamp) -> Date {
        Date(timeIntervalSince1970: Double(moment.epochMs) / 1000)
    }
}
