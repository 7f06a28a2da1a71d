/// A moment: milliseconds since 1970-01-01T00:00:00Z, always UTC.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Milliseconds since the epoch.
    public let epochMs: Int64

    /// A moment by its milliseconds since the epoch.
    public init(epochMs: Int64) { self.epochMs = epochMs }

    /// A moment by Stripe's unit, seconds since the epoch; saturates instead of overflowing.
    public init(epochSeconds: Int64) {
        let (product, overflow) = epochSeconds.multipliedReportingOverflow(by: 1000)
        epochMs = overflow ? (epochSeconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since the epoch, rounded down.
    public var epochSeconds: Int64 { epochMs / 1000 - (epochMs % 1000 < 0 ? 1 : 0) }

    /// Earlier before later.
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.epochMs < rhs.epochMs }

    /// The moment `duration` later; saturates.
    public func adding(_ duration: Duration) -> Timestamp {
        let (sum, overflow) = epochMs.addingReportingOverflow(duration.milliseconds)
        return Timestamp(epochMs: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// How long after `earlier` this moment is.
    public func since(_ earlier: Timestamp) -> Duration {
        let (difference, overflow) = epochMs.subtractingReportingOverflow(earlier.epochMs)
        return .milliseconds(overflow ? (epochMs < 0 ? Int64.min : Int64.max) : difference)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-21T04:33:00.000Z`.
    public var description: String { rfc3339 }

    /// RFC 3339 in UTC with milliseconds: `2026-11-21T04:33:00.000Z`. It has four digits for the year, so a moment
    /// outside 0000 to 9999 is written as the nearest one inside.
    public var rfc3339: String {
        let inside = Timestamp(epochMs: min(max(epochMs, Self.yearZeroMs), Self.yearTenThousandMs - 1))
        return inside.fourDigitYear
    }

    private static let yearZeroMs: Int64 = -62_167_219_200_000
    private static let yearTenThousandMs: Int64 = 253_402_300_800_000

    private var fourDigitYear: String {
        let milliseconds = Int(((epochMs % 1000) + 1000) % 1000)
        let seconds = epochSeconds
        let secondOfDay = Int(((seconds % 86_400) + 86_400) % 86_400)
        let day = CalendarDay(daysSinceEpoch: (seconds - Int64(secondOfDay)) / 86_400)
        return String(unsafeUninitializedCapacity: 24) { text in
            Digits.put(day.year, 4, then: "-", at: 0, of: text)
            Digits.put(day.month, 2, then: "-", at: 5, of: text)
            Digits.put(day.day, 2, then: "T", at: 8, of: text)
            Digits.put(secondOfDay / 3600, 2, then: ":", at: 11, of: text)
            Digits.put(secondOfDay / 60 % 60, 2, then: ":", at: 14, of: text)
            Digits.put(secondOfDay % 60, 2, then: ".", at: 17, of: text)
            Digits.put(milliseconds, 3, then: "Z", at: 20, of: text)
            return 24
        }
    }

    /// Reads RFC 3339 in UTC (`Z`), with or without fractions of a second; nil when it is anything else.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes.count <= 30, bytes.last == UInt8(ascii: "Z"),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        var milliseconds = 0
        if bytes.count > 20 {
            let fraction = bytes[20..<(bytes.count - 1)]
            guard bytes[19] == UInt8(ascii: "."), !fraction.isEmpty else { return nil }
            var scale = 100
            for byte in fraction {
                guard (0x30...0x39).contains(byte) else { return nil }
                milliseconds += Int(byte - 0x30) * scale
                scale /= 10
            }
        }
        let civil = CalendarDay(year: year, month: month, day: day)
        guard civil == CalendarDay(daysSinceEpoch: civil.daysSinceEpoch) else { return nil }
        epochMs =
            (civil.daysSinceEpoch * 86_400 + Int64(hour * 3600 + minute * 60 + second)) * 1000 + Int64(milliseconds)
    }

}

extension Duration {
    /// Whole milliseconds, rounded toward zero; saturates.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }
}
