/// What the keeping of answers is bounded by.
public struct IdempotencyOptions: Sendable {
    /// How long a request may be under way before a repeat takes over from it, because its process is taken for dead.
    /// Longer than any handler takes.
    public var lease: Duration
    /// How long an answer is kept; Stripe keeps its own as long.
    public var retention: Duration
    /// The largest body that is kept; a request with a larger answer is simply done again.
    public var bodyBytesMax: Int

    /// 60 seconds, 24 hours, 64 KiB.
    public init(
        lease: Duration = .seconds(60), retention: Duration = .seconds(86_400), bodyBytesMax: Int = 64 << 10
    ) {
        self.lease = lease
        self.retention = retention
        self.bodyBytesMax = bodyBytesMax
    }
}
