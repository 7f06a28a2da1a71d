public import Kernel

/// A span of Stripe's `created` times, in whole seconds as Stripe keeps them.
public struct ReconciliationPeriod: Sendable, Equatable {
    /// From this second on.
    public let since: Timestamp
    /// Before this second.
    public let until: Timestamp

    /// The longest period.
    public static let longest = Duration.seconds(400 * 86_400)

    /// A period; nil when it is empty or longer than ``longest``. Parts of seconds belong to it.
    public init?(since: Timestamp, until: Timestamp) {
        self.since = Timestamp(epochSeconds: since.epochSeconds)
        let second = Timestamp(epochSeconds: until.epochSeconds)
        self.until = second == until ? second : second.adding(.seconds(1))
        guard self.since < self.until, self.until.since(self.since) <= Self.longest else { return nil }
    }

    /// The last `duration`, this very second included; nil when `duration` is not more than nothing or too long.
    public init?(last duration: Duration, at now: Timestamp) {
        guard duration > .zero, duration <= Self.longest else { return nil }
        self.init(since: now.adding(.zero - duration), until: now.adding(.milliseconds(1)))
    }

    /// The period that a person means: `since` and `until` are RFC 3339 in UTC, or how long ago (`90m`, `48h`, `30d`).
    /// By default the last 48 hours. An end in the future is now. Nil when either is neither, or the period is none.
    public init?(since: String?, until: String?, at now: Timestamp) {
        let present = now.adding(.milliseconds(1))
        guard let first = Self.moment(since ?? "48h", before: now),
            let last = until.map({ Self.moment($0, before: now) }) ?? present
        else { return nil }
        self.init(since: first, until: min(last, present))
    }

    private static func moment(_ text: String, before now: Timestamp) -> Timestamp? {
        if let moment = Timestamp(rfc3339: text) { return moment }
        guard let unit = text.last, let seconds = ["m": 60, "h": 3600, "d": 86_400][unit] as Int64?,
            let count = Int64(text.dropLast()), (1...1_000_000).contains(count), text.first?.isNumber == true
        else { return nil }
        return now.adding(.seconds(count * seconds) * -1)
    }
}
