public import Kernel
private import Synchronization

/// Hashes and verifies passwords on threads of its own, so that the cooperative pool never waits for Argon2id.
///
/// At most `threadsMax` hashes are made at once, so their memory is bounded (64 MiB each at the interactive cost), and
/// at most `waitingMax` wait for their turn; more are refused at once, as a flood of log-ins must not starve payments.
public final class PasswordHasher: Sendable {
    /// What new hashes cost.
    public let cost: PasswordHash.Cost
    private let threads: OwnedThreads?

    /// A hasher by its cost and its bounds: 1 to 8 threads, which start when they are first needed, and 0 to 1,000
    /// waiting callers. With 0 threads the caller's own thread hashes, as a simulator needs it.
    public init(cost: PasswordHash.Cost = .interactive, threadsMax: Int = 2, waitingMax: Int = 32) {
        self.cost = cost
        threads =
            threadsMax < 1
            ? nil : OwnedThreads(threadsMax: min(threadsMax, 8), waitingMax: min(max(waitingMax, 0), 1_000))
    }

    deinit { threads?.close() }

    /// What became of a verification.
    public enum Verdict: Sendable, Equatable {
        /// It is another password, or there was no hash to compare it with.
        case different
        /// It is the password.
        case matches
        /// It is the password, but its hash was made at another cost and should be made anew.
        case matchesOutdated
    }

    /// A new hash. Throws `PasswordHasherError`, and `CancellationError` when the task was cancelled while it waited.
    public func hash(_ password: Secret) async throws -> PasswordHash {
        let cost = cost
        guard let hash = try await run({ PasswordHash(of: password, cost: cost) }) else {
            throw PasswordHasherError.noMemory
        }
        return hash
    }

    /// Whether `password` is the one that was hashed. Without a hash it takes as long as with one and is different, so
    /// that the time does not tell whether there was one. Throws as `hash` does.
    public func verify(_ password: Secret, against hash: PasswordHash?) async throws -> Verdict {
        let cost = cost
        return try await run {
            guard let hash else {
                // Hashing does the same work as verifying a hash of this cost, and its result is of no use to anyone.
                _ = PasswordHash(of: password, cost: cost)
                return .different
            }
            guard hash.matches(password) else { return .different }
            return hash.isOutdated(for: cost) ? .matchesOutdated : .matches
        }
    }

    /// Runs `work` on one of the threads, in its turn.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result {
        guard let threads else { return work() }
        let cancelled = CancelledFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
                let accepted = threads.submit {
                    // Nobody waits for the answer any more: the next in the queue shall not pay for it.
                    if cancelled.isSet {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        continuation.resume(returning: work())
                    }
                }
                if !accepted { continuation.resume(throwing: PasswordHasherError.overloaded) }
            }
        } onCancel: {
            cancelled.set()
        }
    }
}

/// Why no hash was made. Nothing is changed; the same call may be repeated later.
public enum PasswordHasherError: Error, Equatable {
    /// As many callers wait as may (law 14), or the machine gives no more threads.
    case overloaded
    /// There is no memory for a hash now.
    case noMemory
}

private final class CancelledFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
