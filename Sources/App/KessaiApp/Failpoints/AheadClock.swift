public import Kernel

/// A clock that is ahead of another, so that a drill need not wait for leases and patience to run out.
public struct AheadClock: WallClock {
    private let inner: any WallClock
    private let ahead: Duration

    /// `inner`, ahead by so much.
    public init(_ inner: any WallClock, by ahead: Duration) {
        self.inner = inner
        self.ahead = ahead
    }

    /// The moment that it is there.
    public func now() -> Timestamp { inner.now().adding(ahead) }

    /// A second is a second.
    public func sleep(for duration: Duration) async throws { try await inner.sleep(for: duration) }
}
