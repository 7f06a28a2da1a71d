private import Database
public import Kernel
private import Synchronization

/// Tasks that wait for a channel to be notified, or for the time to be over.
///
/// A channel that was waited for once remembers one notification that found nobody waiting, so that a loop of "look
/// for work, then wait" does not sleep through work that came in between.
public final class ChannelWaiters: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var nextID = 0
        var waiting: [String: [Waiter]] = [:]
        var remembered: Set<String> = []
        var cancelled: Set<Int> = []
        var isClosed = false
    }

    /// Channels known at most; a waiter of one more only waits for the time (law 14).
    public static let channelsMax = 1_000

    private let state = Mutex(State())
    private let clock: any WallClock

    /// Waiters by this clock.
    public init(clock: any WallClock) { self.clock = clock }

    /// The channels that anybody ever waited for.
    public var channels: [String] { state.withLock { $0.waiting.keys.sorted() } }

    /// Waits for `notify` or the time. Throws `CancellationError`, and `DatabaseError.closed` after `refuse`.
    public func wait(for channel: String, timeout: Duration) async throws {
        let clock = clock
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.notification(of: channel) }
            group.addTask { try await clock.sleep(for: timeout) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Wakes every task that waits for `channel`.
    public func notify(_ channel: String) {
        let woken = state.withLock { state -> [Waiter] in
            guard let waiting = state.waiting[channel] else { return [] }
            if waiting.isEmpty { state.remembered.insert(channel) }
            state.waiting[channel] = []
            return waiting
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Ends every waiting with `DatabaseError.closed`, also those to come.
    public func refuse() {
        let refused = state.withLock { state -> [Waiter] in
            state.isClosed = true
            let waiting = state.waiting.values.flatMap { $0 }
            state.waiting = [:]
            return waiting
        }
        for waiter in refused { waiter.continuation.resume(throwing: DatabaseError.closed) }
    }

    private func notification(of channel: String) async throws {
        let id = state.withLock { state -> Int in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                enum Outcome { case waits, notified, cancelled, closed }
                let outcome = state.withLock { state -> Outcome in
                    if state.isClosed { return .closed }
                    if state.cancelled.remove(id) != nil { return .cancelled }
                    if state.remembered.remove(channel) != nil { return .notified }
                    let key = state.waiting[channel] != nil || state.waiting.count < Self.channelsMax ? channel : ""
                    state.waiting[key, default: []].append(Waiter(id: id, continuation: continuation))
                    return .waits
                }
                switch outcome {
                case .waits: break
                case .notified: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .closed: continuation.resume(throwing: DatabaseError.closed)
                }
            }
        } onCancel: {
            cancel(id)
        }
        // The handler may have come after the end and left its mark.
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    private func cancel(_ id: Int) {
        let waiter = state.withLock { state -> Waiter? in
            for (channel, waiting) in state.waiting {
                guard let index = waiting.firstIndex(where: { $0.id == id }) else { continue }
                return state.waiting[channel]?.remove(at: index)
            }
            state.cancelled.insert(id)
            return nil
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }
}
