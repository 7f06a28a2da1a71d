private import Synchronization

/// A number that only rises, and tasks that wait until it stands high enough.
final class Gauge: Sendable {
    private struct Waiter {
        let id: Int
        let mark: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var value = 0
        var nextID = 0
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// Where it stands; 0 at first.
    var value: Int { state.withLock { $0.value } }

    /// Rises to `mark`, if it stands lower, and wakes whoever waited for no more.
    func raise(to mark: Int) { wake { $0.value = max($0.value, mark) } }

    /// Rises by one.
    func raise() { wake { $0.value += 1 } }

    private func wake(_ change: (inout State) -> Void) {
        let woken = state.withLock { state -> [Waiter] in
            change(&state)
            let value = state.value
            let woken = state.waiters.filter { $0.mark <= value }
            state.waiters.removeAll { $0.mark <= value }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Waits until it stands at `mark` or higher, or the task is cancelled.
    func wait(for mark: Int) async {
        let id = state.withLock { state -> Int in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOver = state.withLock { state -> Bool in
                    if state.value >= mark || state.cancelled.contains(id) { return true }
                    state.waiters.append(Waiter(id: id, mark: mark, continuation: continuation))
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
        // The handler may have come before or after the wait, and left its mark.
        _ = state.withLock { $0.cancelled.remove(id) }
    }
}

/// How far a runner is on its way to its end, as marks of a gauge.
enum Stopping {
    /// No more jobs are claimed.
    static let takesNoMore = 1
    /// Jobs that still run are cancelled and given back.
    static let leavesWork = 2
}
