import Database
import Kernel
private import Synchronization

/// Whether a run has noted by itself that its job is done.
final class JobCompletion: Sendable {
    /// What the note came to.
    enum Outcome: Sendable {
        case written
        /// The job was another's by then.
        case leaseLost
    }

    private let job: ClaimedJob
    private let clock: any WallClock
    private let state = Mutex<Outcome?>(nil)

    init(_ job: ClaimedJob, clock: any WallClock) {
        self.job = job
        self.clock = clock
    }

    /// nil when the runner has to write how the run ended.
    var outcome: Outcome? { state.withLock { $0 } }

    func write(in database: any Database, _ body: @escaping @Sendable (Transaction) throws -> Void) async throws {
        let now = clock.now()
        let isHeld = try await database.write { [job] tx in
            try body(tx)
            return try JobRepository(tx: tx).finish(job, at: now)
        }
        state.withLock { $0 = isHeld ? .written : .leaseLost }
    }
}
