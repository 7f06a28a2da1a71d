#if canImport(Glibc)
    private import Glibc
#endif

/// Where time comes from. Nothing else reads a clock or sleeps, so that tests and the simulator move time by hand.
public protocol WallClock: Sendable {
    /// This moment.
    func now() -> Timestamp
    /// Waits for `duration` of this clock's time. Throws `CancellationError` when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

/// The machine's clock.
public struct SystemClock: WallClock {
    /// The machine's clock.
    public init() {}

    /// The machine's idea of this moment.
    public func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(epochMs: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Sleeps by the machine's monotonic clock.
    public func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration)
    }
}
