private import DriverSupport
private import Synchronization
private import Threads

/// A few threads of our own that do the same work together, such as the histories of a simulator.
public enum Workers {
    /// Runs `body` on `count` threads, each with its number from 0, and returns when all have ended.
    /// Throws when the system gives not even one thread.
    ///
    /// What one piece of work frees, the next one takes: memory is not given back to the system in between, from which it comes
    /// zeroed page by page.
    public static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async throws {
        FreedMemory.keep(256 << 20)
        let left = Mutex(count)
        let started = Box()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            @Sendable func ended() {
                let isLast = left.withLock { left -> Bool in
                    left -= 1
                    return left == 0
                }
                guard isLast else { return }
                if let refusal = started.refusal {
                    continuation.resume(throwing: refusal)
                } else {
                    continuation.resume()
                }
            }
            for number in 0..<count {
                do {
                    try OwnedThread.start(named: "worker-\(number)") {
                        body(number)
                        ended()
                    }
                    started.one()
                } catch {
                    started.refuse(error)
                    ended()
                }
            }
        }
    }

    /// Fewer threads than were asked for do the work all the same.
    private final class Box: Sendable {
        private let state = Mutex<(count: Int, error: (any Error)?)>((0, nil))
        var refusal: (any Error)? { state.withLock { $0.count == 0 ? $0.error : nil } }
        func one() { state.withLock { $0.count += 1 } }
        func refuse(_ error: any Error) { state.withLock { $0.error = error } }
    }
}
