internal import Kernel

/// What the keeping of answers is bounded by.
public struct IdempotencyOptions: Sendable {
    /// How long a request holds its key without a sign of life; then a repeat takes over from it, because its process is
    /// taken for dead. A request that lives renews its hold at every third of this. Clocks of nodes may differ by less than
    /// two thirds of it; where they differ by more, a request and its repeat may run at once, which is safe and a waste.
    public var lease: Duration
    /// How long a request that lives goes on renewing: one that never ends does not hold its key for ever.
    public var renewedMax: Duration
    /// How long an answer is kept; Stripe keeps its own as long.
    public var retention: Duration
    /// The largest body that is kept; a request with a larger answer is simply done again.
    public var bodyBytesMax: Int

    /// 10 seconds, 2 minutes, 24 hours, 64 KiB.
    public init(
        lease: Duration = .seconds(10), renewedMax: Duration = .seconds(120), retention: Duration = .seconds(86_400),
        bodyBytesMax: Int = 64 << 10
    ) {
        self.lease = lease
        self.renewedMax = renewedMax
        self.retention = retention
        self.bodyBytesMax = bodyBytesMax
    }

    /// How often a hold is renewed.
    var renewal: Duration { .milliseconds(max(1, lease.milliseconds / 3)) }

    /// How long a repeat is to wait for a request that has been under way for `age`, and whose hold lasts for `left` more
    /// unless it is renewed: at first a second, as most requests end within one; later until the hold is over. Who waits so
    /// long finds the answer, or a dead node's request free to be done, or a request that lives. Whole seconds, at least 1.
    func wait(age: Duration, left: Duration) -> Duration {
        let ms = age < .seconds(1) ? 1000 : max(left.milliseconds, 1000)
        return .seconds((ms + 999) / 1000)
    }
}
