public import Kernel
private import Synchronization

/// A clock that stands still while anything is to be done, and then moves to the next sleeper: time costs nothing.
public final class SimulatedClock: WallClock {
    private struct Sleeper {
        let id: Int
        let deadline: Timestamp
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var now: Timestamp
        var nextID = 0
        /// The next to wake at the end.
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
    }
    private let state: Mutex<State>

    /// Stands at `start`.
    public init(_ start: Timestamp) { state = Mutex(State(now: start)) }

    /// Where the clock stands.
    public func now() -> Timestamp { state.withLock { $0.now } }

    /// Moves to the next sleeper and wakes it; false when nobody sleeps.
    func advance() -> Bool {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let sleeper = state.sleepers.popLast() else { return nil }
            state.now = max(state.now, sleeper.deadline)
            return sleeper
        }
        sleeper?.continuation.resume()
        return sleeper != nil
    }

    /// Moves on at once; whoever's time has come meanwhile wakes late, as after a pause of the machine.
    func leap(_ duration: Duration) { state.withLock { $0.now = $0.now.adding(duration) } }

    /// Waits until the clock has moved by `duration`.
    public func sleep(for duration: Duration) async throws {
        let id = state.withLock { state -> Int in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isCancelled = state.withLock { state -> Bool in
                    if state.cancelled.remove(id) != nil { return true }
                    let deadline = state.now.adding(max(duration, .zero))
                    let place = state.sleepers.lastIndex { ($0.deadline, $0.id) > (deadline, id) }.map { $0 + 1 } ?? 0
                    state.sleepers.insert(
                        Sleeper(id: id, deadline: deadline, continuation: continuation), at: place)
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
