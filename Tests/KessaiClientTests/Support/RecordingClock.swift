import Kernel
import KernelTesting
import Synchronization

/// A world's clock that a sleeper moves itself, and that remembers how long each one slept.
final class RecordingClock: WallClock {
    private let clock: ManualClock
    private let sleeps = Mutex<[Duration]>([])

    init(_ clock: ManualClock = ManualClock()) { self.clock = clock }

    var slept: [Duration] { sleeps.withLock { $0 } }

    func now() -> Timestamp { clock.now() }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        sleeps.withLock { $0.append(duration) }
        clock.advance(by: duration)
    }
}
