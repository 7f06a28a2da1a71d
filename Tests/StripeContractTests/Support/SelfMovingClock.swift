import Kernel
import Synchronization

/// A clock that a sleeper moves itself, so that waits between attempts take no time.
final class SelfMovingClock: WallClock {
    private let state = Mutex(Timestamp(epochMs: 1_795_233_600_000))

    func now() -> Timestamp { state.withLock { $0 } }

    func advance(by duration: Duration) { state.withLock { $0 = $0.adding(duration) } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        advance(by: duration)
    }
}
