private import Synchronization

/// Lets so many in at once: tests run all at the same time, and a machine has only so many connections, threads and processors.
public final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state: Mutex<State>

    /// Lets `count` in at once.
    public init(_ count: Int) { state = Mutex(State(free: count)) }

    /// Waits for its turn, in the order of arrival, and leaves afterwards whatever happened.
    public func pass<R>(_ body: () async throws -> R) async throws -> R {
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state -> Bool in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isIn { continuation.resume() }
        }
        defer { leave() }
        return try await body()
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
