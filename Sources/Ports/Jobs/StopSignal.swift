private import Synchronization

/// Tells every part of a runner to stop: first to take no more work, later to leave what runs. Never goes back.
final class StopSignal: Sendable {
    enum Level: Int, Sendable, Comparable {
        case none
        case takeNoMore
        case leaveWork

        static func < (lhs: Level, rhs: Level) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    private struct Waiter {
        let id: Int
        let level: Level
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var level = Level.none
        var nextID = 0
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    var level: Level { state.withLock { $0.level } }

    func raise(to level: Level) {
        let woken = state.withLock { state -> [Waiter] in
            guard level > state.level else { return [] }
            state.level = level
            let woken = state.waiters.filter { $0.level <= level }
            state.waiters.removeAll { $0.level <= level }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Waits until the signal stands at `level`, or the task is cancelled.
    func wait(for level: Level) async {
        let id = state.withLock { state -> Int in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOver = state.withLock { state -> Bool in
                    if state.level >= level || state.cancelled.contains(id) { return true }
                    state.waiters.append(Waiter(id: id, level: level, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                if let index = state.waiters.firstIndex(where: { $0.id == id }) {
                    return state.waiters.remove(at: index)
                }
                state.cancelled.insert(id)
                return nil
            }
            waiter?.continuation.resume()
        }
        _ = state.withLock { $0.cancelled.remove(id) }
    }
}
