import DriverSupport

/// Holds a database's thread until the test lets it go.
final class Latch: Sendable {
    private let monitor = Monitor((isOpen: false, isReached: false))

    /// Blocks the thread that calls, for at most four minutes, so that a test that fails ends.
    func hold() {
        monitor.withLock { $0.isReached = true }
        monitor.broadcast()
        _ = monitor.wait(timeoutMs: 240_000) { $0.isOpen ? true : nil }
    }

    /// Lets go whoever holds or will hold.
    func open() {
        monitor.withLock { $0.isOpen = true }
        monitor.broadcast()
    }

    /// Whether somebody holds.
    var isReached: Bool { monitor.withLock { $0.isReached } }

    /// Waits until somebody holds.
    func reached() async { while !isReached { await Task.yield() } }
}
