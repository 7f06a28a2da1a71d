public import Kernel

/// A job as an operator sees it. Its life:
///
/// ```
/// available ─claim─▶ running ─▶ done                    (pruned after 7 days)
///     ▲                 │
///     ├── retry later ──┤       failed, snoozed, given back, or its worker was lost
///     │                 └─────▶ dead                    (attempts used up, discarded)
///     └────────── replay ────────┘                      (by an operator)
/// ```
public struct Job: Sendable, Equatable {
    /// Where a job stands.
    public enum State: String, Sendable, CaseIterable {
        /// Waits for its time and a worker.
        case available
        /// A worker holds it, as long as its lease lasts.
        case running
        /// Done.
        case done
        /// A dead letter: waits for an operator.
        case dead
    }

    /// Its id.
    public let id: ID<Job>
    /// Its kind.
    public let kind: String
    /// Where it stands.
    public let state: State
    /// What it is about: an order's id.
    public let subject: String?
    /// How many attempts have begun since it was enqueued or replayed.
    public let attempt: Int
    /// When it was enqueued.
    public let createdAt: Timestamp
    /// When it may run, or might have.
    public let runAt: Timestamp
    /// When it was done or died.
    public let finishedAt: Timestamp?
    /// Until when its worker holds it.
    public let lockedUntil: Timestamp?
    /// Why it failed last.
    public let lastError: String?
}

/// A job in a worker's hands. Whoever writes about it must still be its holder: same id, worker and fence.
struct ClaimedJob: Sendable {
    let id: ID<Job>
    let kind: String
    let arguments: String
    let subject: String?
    let attempt: Int
    /// Rises with every claim and never falls, so a worker that lost its lease cannot pass for its successor.
    let fence: Int64
    let runAt: Timestamp
    let worker: String
    let lockedUntil: Timestamp
}
