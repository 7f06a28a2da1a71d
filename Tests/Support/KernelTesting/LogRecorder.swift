public import Kernel
private import Synchronization

/// Keeps log lines for a test to look at.
public final class LogRecorder: Sendable {
    private let kept = Mutex<[Log.Line]>([])

    /// Nothing kept yet.
    public init() {}

    /// What was logged, in order.
    public var lines: [Log.Line] { kept.withLock { $0 } }

    /// The lines of one event.
    public func lines(of event: String) -> [Log.Line] { lines.filter { $0.event == event } }

    /// A log that writes here, from `debug` up.
    public func log(clock: any WallClock) -> Log {
        Log(clock: clock, minimum: .debug) { [self] line in kept.withLock { $0.append(line) } }
    }
}
