internal import Database
internal import DriverSupport

/// Notifies channels once what they are to be woken for has committed, in transactions of its own: all that comes while one
/// of them waits in line goes with it.
///
/// Not in the transactions that ask for it: of those that notify PostgreSQL lets one commit at a time, over the whole server
/// and while it waits for the disk.
final class PostgresNotifier: Sendable {
    private struct State: Sendable {
        var channels: Set<String> = []
        var isInLine = false
    }

    private let state = Monitor(State())

    /// Has `channels` notified by a transaction of `line`. When that fails, who waits for them looks after its own time.
    func notify(_ channels: [String], by line: TransactionQueue) {
        guard !channels.isEmpty else { return }
        let mustBegin = state.withLock { state in
            state.channels.formUnion(channels)
            defer { state.isInLine = true }
            return !state.isInLine
        }
        if mustBegin { line.add(PostgresNotification(self)) }
    }

    /// What is to be notified now; what comes later goes with the next transaction.
    fileprivate func take() -> Set<String> {
        state.withLock { state in
            defer { state = State() }
            return state.channels
        }
    }
}

/// One transaction of the notifier's.
// Unchecked: it belongs to the thread that runs it.
private final class PostgresNotification: WaitingTransaction, @unchecked Sendable {
    private let notifier: PostgresNotifier
    private var channels: Set<String>?

    init(_ notifier: PostgresNotifier) { self.notifier = notifier }

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
        // One that never ran must not keep the next from the line.
        if channels == nil { _ = notifier.take() }
    }
}
