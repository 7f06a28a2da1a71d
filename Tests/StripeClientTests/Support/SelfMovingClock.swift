import Kernel
import Synchronization

/// A clock that a sleeper moves itself, and that remembers how long each one slept.
final class SelfMovingClock: WallClock {
    private struct State {
        var now = Timestamp(epochMs: 1_795_233_600_000)
        var slept: [Duration] = []
        var lateBy = Duration.zero
    }
    private let state = Mutex(State())

    var slept: [Duration] { state.withLock { $0.slept } }

    func now() -> Timestamp { state.withLock { $0.now } }

    func advance(by duration: Duration) { state.withLock { $0.now = $0.now.adding(duration) } }

    /// From now on whoever sleeps wakes so much too late, as on a machine that was suspended.
    func oversleeps(by duration: Duration) { state.withLock { $0.lateBy = duration } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.now = state.now.adding(duration).adding(state.lateBy)
            state.slept.append(duration)
        }
    }
}
