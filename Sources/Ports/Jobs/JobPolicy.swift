public import Kernel

/// How often, how long and beside whom jobs of a kind run.
public struct JobPolicy: Sendable, Equatable {
    /// The lane of the runner: kinds of one queue share its slots, so that slow mails never hold up payments.
    /// It is the runner's business and not stored, so a kind changes its queue without a migration.
    public let queue: String
    /// How many times a job is tried before it becomes a dead letter; at least 1.
    public let attemptsMax: Int
    /// How long one run may take before it is cancelled and counted as failed.
    public let timeLimit: Duration
    /// How long to wait after a failure.
    public let backoff: Backoff

    /// A policy; the defaults try for about two days.
    public init(
        queue: String = "default", attemptsMax: Int = 20, timeLimit: Duration = .seconds(60),
        backoff: Backoff = .standard
    ) {
        self.queue = queue
        self.attemptsMax = max(1, attemptsMax)
        self.timeLimit = timeLimit
        self.backoff = backoff
    }
}

/// How long to wait before the next attempt: doubling from `first` up to `longest`, with jitter.
public struct Backoff: Sendable, Equatable {
    /// The wait after the first failure, before jitter.
    public let first: Duration
    /// The longest wait.
    public let longest: Duration

    /// Doubling from `first` up to `longest`; equal ones make a constant wait.
    public init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// 2 s, 4 s, 8 s, … up to 6 h.
    public static let standard = Backoff(first: .seconds(2), longest: .seconds(6 * 3600))

    /// The wait after the failure of attempt `attempt` (1, 2, …): between half of the doubled time and all of it,
    /// so that what failed together does not come back together.
    public func delay(afterAttempt attempt: Int, random: any RandomSource) -> Duration {
        let longestMs = max(longest.milliseconds, 0)
        var delayMs = min(max(first.milliseconds, 0), longestMs)
        var doublings = max(attempt - 1, 0)
        while doublings > 0, delayMs > 0, delayMs < longestMs {
            delayMs = delayMs > longestMs / 2 ? longestMs : delayMs * 2
            doublings -= 1
        }
        return .milliseconds(random.number(in: (delayMs / 2)...delayMs))
    }
}
