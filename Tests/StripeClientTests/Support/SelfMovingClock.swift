import Kernel
import Synchronization

/// A clock that a sleeper moves itself, and that remembers how long each one slept.
final class SelfMovingClock: WallClock {
    private let state = Mutex<(now: Timestamp, slept: [Duration])>((Timestamp(epochMs: 1_795_233_600_000), []))

    var slept: [Duration] { state.withLock { $0.slept } }

    func now() -> Timestamp { state.withLock { $0.now } }

    func advance(by duration: Duration) { state.withLock { $0.now = $0.now.adding(duration) } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.now = state.now.adding(duration)
            state.slept.append(duration)
        }
    }
}
