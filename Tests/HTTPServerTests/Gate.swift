import Synchronization

/// Keeps tasks waiting until it is opened, and tells how many wait or were cancelled meanwhile.
final class Gate: Sendable {
    private struct State {
        var open = false
        var cancelled = 0
        var arrived = 0
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var watchers: [(condition: @Sendable (Int, Int) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    /// How many came.
    var arrived: Int { state.withLock { $0.arrived } }
    /// How many were cancelled while they waited.
    var cancelled: Int { state.withLock { $0.cancelled } }

    /// Waits until the gate opens or the task is cancelled.
    func pass() async {
        let id = state.withLock { state -> Int in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goes = state.withLock { state -> Bool in
                    state.arrived += 1
                    if state.open || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if goes { continuation.resume() }
                notify()
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.cancelled += 1
                return state.waiting.removeValue(forKey: id)
            }
            waiter?.resume()
            notify()
        }
    }

    /// Lets everybody through, now and later.
    func openForAll() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.open = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until so many came.
    func waitFor(arrived count: Int) async { await wait { arrived, _ in arrived >= count } }
    /// Waits until so many were cancelled.
    func waitFor(cancelled count: Int) async { await wait { _, cancelled in cancelled >= count } }

    private func wait(_ condition: @escaping @Sendable (_ arrived: Int, _ cancelled: Int) -> Bool) async {
        await withCheckedContinuation { continuation in
            let already = state.withLock { state -> Bool in
                if condition(state.arrived, state.cancelled) { return true }
                state.watchers.append((condition, continuation))
                return false
            }
            if already { continuation.resume() }
        }
    }

    private func notify() {
        let due = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            let due = state.watchers.filter { $0.condition(state.arrived, state.cancelled) }
            state.watchers.removeAll { $0.condition(state.arrived, state.cancelled) }
            return due.map(\.continuation)
        }
        for watcher in due { watcher.resume() }
    }
}
