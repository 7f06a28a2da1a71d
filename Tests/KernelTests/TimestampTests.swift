import Kernel
import Testing

@Suite struct TimestampTests {
    static let moments: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (1_795_235_580_123, "2026-11-21T04:33:00.123Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (-1_000, "1969-12-31T23:59:59.000Z"), (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ]

    @Test(arguments: moments) func `a moment prints and reads as RFC 3339`(_ epochMs: Int64, _ text: String) {
        #expect(Timestamp(epochMs: epochMs).rfc3339 == text)
        #expect(Timestamp(rfc3339: text) == Timestamp(epochMs: epochMs))
    }

    @Test func `every day of eight centuries round trips and follows the day before`() throws {
        var previous = ""
        var wrong: [String] = []
        for day in -200_000...92_000 {
            let moment = Timestamp(epochMs: Int64(day) * 86_400_000 + 12 * 3_600_000)
            let text = moment.rfc3339
            if Timestamp(rfc3339: text) != moment || previous >= text { wrong.append(text) }
            previous = text
        }
        #expect(wrong == [])
    }

    @Test func `what has no four-digit year is written as the nearest that has`() {
        #expect(Timestamp(epochMs: .max).rfc3339 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(epochMs: .min).rfc3339 == "0000-01-01T00:00:00.000Z")
    }

    @Test(arguments: [
        ("2026-11-21T04:33:00Z", 0), ("2026-11-21T04:33:00.5Z", 500), ("2026-11-21T04:33:00.05Z", 50),
        ("2026-11-21T04:33:00.123456789Z", 123), ("2026-11-21T04:33:00.999999Z", 999),
    ])
    func `fractions are read as far as milliseconds`(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.epochMs == 1_795_235_580_000 + milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T04:33:00", "2026-11-21T04:33:00+00:00", "2026-11-21 04:33:00Z",
        "2026-11-21t04:33:00Z", "2026-11-21T04:33:00z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-11-21T24:00:00Z", "2026-11-21T04:60:00Z", "2026-11-21T04:33:60Z", "2026-11-21T04:33:00.Z",
        "2026-11-21T04:33:00.1234567890Z", "2026-11-21T04:33:00.12aZ", "+026-11-21T04:33:00Z",
        "２０２６-11-21T04:33:00Z", "2026-11-21T04:33:00ZZ", "20261-11-21T04:33:00Z",
    ])
    func `anything else is no moment`(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        arguments: [
            (0, 0), (999, 0), (1_000, 1), (-1, -1), (-999, -1), (-1_000, -1), (-1_001, -2),
            (Int64.max, 9_223_372_036_854_775), (Int64.min, -9_223_372_036_854_776),
        ] as [(Int64, Int64)])
    func `seconds are rounded down, also before 1970`(_ epochMs: Int64, _ seconds: Int64) {
        #expect(Timestamp(epochMs: epochMs).epochSeconds == seconds)
    }

    @Test func `what is too far saturates`() {
        #expect(Timestamp(epochSeconds: .max) == Timestamp(epochMs: .max))
        #expect(Timestamp(epochSeconds: .min) == Timestamp(epochMs: .min))
        #expect(Timestamp(epochMs: .max).adding(.seconds(1)) == Timestamp(epochMs: .max))
        #expect(Timestamp(epochMs: .min).adding(.seconds(-1)) == Timestamp(epochMs: .min))
        #expect(Timestamp(epochMs: 0).adding(.seconds(Int64.max)) == Timestamp(epochMs: .max))
        #expect(Timestamp(epochMs: .max).since(Timestamp(epochMs: .min)) == .milliseconds(Int64.max))
        #expect(Timestamp(epochMs: .min).since(Timestamp(epochMs: .max)) == .milliseconds(Int64.min))
    }

    @Test func `moments are compared, added and subtracted`() {
        let moment = Timestamp(epochSeconds: 1_000)
        #expect(moment.adding(.milliseconds(1)) > moment)
        #expect(moment.adding(.seconds(-1_001)).epochMs == -1_000)
        #expect(moment.adding(.microseconds(1_999)).epochMs == 1_000_001)
        #expect(moment.adding(.seconds(90)).since(moment) == .seconds(90))
        #expect(Duration.seconds(-1.5).milliseconds == -1_500)
        #expect(Duration.nanoseconds(-999_999).milliseconds == 0)
    }
}
