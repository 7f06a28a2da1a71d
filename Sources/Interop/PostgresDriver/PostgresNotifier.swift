internal import Database
internal import DriverSupport

/// Notifies channels once what they are to be woken for has committed, in transactions of its own, one at a time: all that
/// comes while one of them waits in line goes with it, and what comes while it runs with the next.
///
/// Not in the transactions that ask for it: of those that notify PostgreSQL lets one commit at a time, over the whole server
/// and while it waits for the disk.
final class PostgresNotifier: Sendable {
    private struct State: Sendable {
        var channels: Set<String> = []
        /// Whether a transaction waits or runs.
        var isAtWork = false
    }

    private let state = Monitor(State())

    /// Has `channels` notified by a transaction of `line`. When that fails, who waits for them looks after its own time.
    func notify(_ channels: [String], by line: TransactionQueue) {
        guard !channels.isEmpty else { return }
        let mustBegin = state.withLock { state in
            state.channels.formUnion(channels)
            defer { state.isAtWork = true }
            return !state.isAtWork
        }
        if mustBegin { line.add(PostgresNotification(self, line)) }
    }

    /// What is to be notified now.
    fileprivate func take() -> Set<String> {
        state.withLock { state in
            defer { state.channels = [] }
            return state.channels
        }
    }

    /// The transaction is over; gives whether another must follow. One that never ran takes with it what waited for it.
    fileprivate func isOver(hasRun: Bool) -> Bool {
        state.withLock { state in
            if !hasRun { state.channels = [] }
            state.isAtWork = !state.channels.isEmpty
            return state.isAtWork
        }
    }
}

/// One transaction of the notifier's.
// Unchecked: it belongs to the thread that runs it.
private final class PostgresNotification: WaitingTransaction, @unchecked Sendable {
    private let notifier: PostgresNotifier
    private let line: TransactionQueue
    private var channels: Set<String>?

    init(_ notifier: PostgresNotifier, _ line: TransactionQueue) {
        self.notifier = notifier
        self.line = line
    }

    var isWrite: Bool { true }
    var isCancelled: Bool { false }

    func run(in transaction: Transaction) throws {
        let channels = channels ?? notifier.take()
        self.channels = channels
        for channel in channels {
            try transaction.send("SELECT pg_notify(\(PostgresChannel.name(channel)), '')")
        }
    }

    func finish(_ error: (any Error)?) {
        if notifier.isOver(hasRun: channels != nil) { line.add(PostgresNotification(notifier, line)) }
    }
}
