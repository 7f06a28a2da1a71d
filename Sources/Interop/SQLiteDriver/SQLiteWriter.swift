internal import Database
internal import DriverSupport
private import Synchronization

/// Runs write transactions on one connection, one commit for all that wait together.
final class SQLiteWriter: Sendable {
    /// Closures of one commit at most, so that the first of them does not wait for too many others.
    static let batchMax = 128
    private static let savepoint = "kessai_closure"

    private let connection: SQLiteConnection
    private let waiters: ChannelWaiters
    private let commits = Atomic<Int>(0)
    private let closures = Atomic<Int>(0)

    init(_ connection: SQLiteConnection, _ waiters: ChannelWaiters) {
        self.connection = connection
        self.waiters = waiters
    }

    var statistics: SQLiteDatabase.Statistics {
        SQLiteDatabase.Statistics(
            commits: commits.load(ordering: .relaxed), closures: closures.load(ordering: .relaxed))
    }

    func close() { connection.close() }

    /// The writer thread: serves the line until it is closed.
    func serve(_ line: TransactionQueue) {
        while let batch = line.take(atMost: Self.batchMax) {
            var writes: [any WaitingTransaction] = []
            for job in batch {
                if job.isWrite {
                    writes.append(job)
                } else {
                    // What came before a read must be there when it runs.
                    commitTogether(writes)
                    writes = []
                    finish(job) { try read { try job.run(in: $0) } }
                }
            }
            commitTogether(writes)
        }
        line.workerEnds()
    }

    /// One closure in a transaction of its own.
    func write<Result>(_ body: (Transaction) throws -> Result) throws -> Result {
        let result: Result
        do {
            try connection.begin(mayWrite: true)
            let transaction = Transaction(dialect: .sqlite, session: connection)
            result = try body(transaction)
            if let failure = transaction.failure { throw failure }
            try connection.command("COMMIT")
        } catch {
            connection.rollBack()
            throw error
        }
        committed(1)
        return result
    }

    /// One closure that may not write, on a snapshot.
    func read<Result>(_ body: (Transaction) throws -> Result) throws -> Result {
        try connection.begin(mayWrite: false)
        defer { connection.rollBack() }
        let transaction = Transaction(dialect: .sqlite, session: connection)
        let result = try body(transaction)
        if let failure = transaction.failure { throw failure }
        return result
    }

    private func commitTogether(_ jobs: [any WaitingTransaction]) {
        guard jobs.count > 1 else {
            for job in jobs { finish(job) { try write { try job.run(in: $0) } } }
            return
        }
        var errors: [(any Error)?] = []
        do {
            try connection.begin(mayWrite: true)
            for job in jobs { errors.append(try runInSavepoint(job)) }
            if errors.contains(where: { $0 == nil }) { try connection.command("COMMIT") }
        } catch {
            connection.rollBack()
            // A closure that ended the transaction for all, or a commit that the schema refused: alone, only the
            // guilty one fails. A disk that is full or broken at the commit would only refuse each of them again.
            if errors.count < jobs.count || !Self.isOfTheDisk(error) {
                return commitOneByOne(jobs)
            }
            for job in jobs { job.finish(error) }
            return
        }
        connection.rollBack()
        committed(errors.count { $0 == nil })
        for (job, error) in zip(jobs, errors) { job.finish(error) }
    }

    /// Runs a closure so that its failure leaves its siblings alone, and gives its error. Throws when it took the whole
    /// transaction with it.
    private func runInSavepoint(_ job: any WaitingTransaction) throws -> (any Error)? {
        let notifiedBefore = connection.notified
        try connection.command("SAVEPOINT \(Self.savepoint)")
        do {
            let transaction = Transaction(dialect: .sqlite, session: connection)
            try job.run(in: transaction)
            if connection.hasUnresolvedForeignKeys { throw DatabaseError.foreignKeyViolation }
            try connection.command("RELEASE \(Self.savepoint)")
            return nil
        } catch {
            let reason = error
            connection.notified = notifiedBefore
            try connection.command("ROLLBACK TO \(Self.savepoint)")
            try connection.command("RELEASE \(Self.savepoint)")
            return reason
        }
    }

    private func commitOneByOne(_ jobs: [any WaitingTransaction]) {
        for job in jobs { finish(job) { try write { try job.run(in: $0) } } }
    }

    private func finish(_ job: any WaitingTransaction, _ work: () throws -> Void) {
        do {
            try work()
            job.finish(nil)
        } catch {
            job.finish(error)
        }
    }

    private func committed(_ count: Int) {
        guard count > 0 else { return }
        commits.add(1, ordering: .relaxed)
        closures.add(count, ordering: .relaxed)
        let channels = connection.notified
        connection.notified = []
        for channel in channels { waiters.notify(channel) }
    }

    private static func isOfTheDisk(_ error: any Error) -> Bool {
        switch error as? DatabaseError {
        case .diskFull, .unavailable, .commitUnknown: true
        default: false
        }
    }
}
