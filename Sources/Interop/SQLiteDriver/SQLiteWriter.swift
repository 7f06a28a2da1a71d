internal import Database
internal import DriverSupport
private import Synchronization

/// Runs write transactions on one connection, one commit for all that wait together.
final class SQLiteWriter: Sendable {
    /// Closures of one commit at most, so that the first of them does not wait for too many others.
    static let batchMax = 128

    let connection: SQLiteConnection
    private let waiters: ChannelWaiters
    private let commits = Atomic<Int>(0)
    private let closures = Atomic<Int>(0)

    init(_ connection: SQLiteConnection, _ waiters: ChannelWaiters) {
        self.connection = connection
        self.waiters = waiters
    }

    var commitCount: Int { commits.load(ordering: .relaxed) }
    var closureCount: Int { closures.load(ordering: .relaxed) }

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
        try connection.begin(mayWrite: true)
        return try writeBegun(body)
    }

    /// What follows the begin of `write`.
    private func writeBegun<Result>(_ body: (Transaction) throws -> Result) throws -> Result {
        do {
            return try runAndCommit(.presumed, body)
        } catch is SavepointsNeeded {
            try connection.begin(mayWrite: true)
            return try runAndCommit(.made, body)
        }
    }

    private func runAndCommit<Result>(
        _ savepoints: Transaction.Savepoints, _ body: (Transaction) throws -> Result
    ) throws -> Result {
        let transaction = Transaction(dialect: .sqlite, session: connection, savepoints: savepoints)
        let result: Result
        do {
            result = try body(transaction)
            if let failure = transaction.failure { throw failure }
            try connection.commit()
        } catch {
            connection.rollBack()
            throw transaction.needsSavepoints ? SavepointsNeeded() : error
        }
        committed(1, transaction.notifiedChannels)
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

    /// One transaction for all, first as if nothing in it had to be undone; when something has, all of it runs again,
    /// each closure in a savepoint.
    private func commitTogether(_ jobs: [any WaitingTransaction]) {
        guard jobs.count > 1 else { return commitOneByOne(jobs) }
        if !commitTogether(jobs, { try self.runPlainly($0, &$1) }) { _ = commitTogether(jobs, runInSavepoint) }
    }

    /// Returns false when the closures must run apart.
    private func commitTogether(
        _ jobs: [any WaitingTransaction],
        _ run: (any WaitingTransaction, inout [String]) throws -> (any Error)?
    ) -> Bool {
        do {
            try connection.begin(mayWrite: true)
        } catch {
            for job in jobs { job.finish(error) }
            return true
        }
        var errors: [(any Error)?] = []
        var channels: [String] = []
        do {
            for job in jobs { errors.append(try run(job, &channels)) }
            if errors.contains(where: { $0 == nil }) { try connection.commit() }
        } catch {
            connection.rollBack()
            if error is SavepointsNeeded { return false }
            // A closure that ended the transaction for all, or a commit that the schema refused: alone, only the
            // guilty one fails. A disk that is full or broken at the commit would only refuse each of them again.
            if errors.count < jobs.count || !Self.isOfTheDisk(error) {
                commitOneByOne(jobs)
            } else {
                for job in jobs { job.finish(error) }
            }
            return true
        }
        connection.rollBack()
        committed(errors.count { $0 == nil }, channels)
        for (job, error) in zip(jobs, errors) { job.finish(error) }
        return true
    }

    /// Runs a closure without a savepoint, and gives its error. Throws `SavepointsNeeded` when something that it did must
    /// be undone without its siblings' work.
    private func runPlainly(_ job: any WaitingTransaction, _ channels: inout [String]) throws -> (any Error)? {
        let transaction = Transaction(dialect: .sqlite, session: connection, savepoints: .presumed)
        let writesBefore = connection.writeCount
        do {
            try job.run(in: transaction)
        } catch {
            guard connection.isInTransaction, connection.writeCount == writesBefore else { throw SavepointsNeeded() }
            return error
        }
        if transaction.needsSavepoints || connection.hasUnresolvedForeignKeys { throw SavepointsNeeded() }
        channels += transaction.notifiedChannels
        return nil
    }

    /// Runs a closure so that its failure leaves its siblings alone, and gives its error. Throws when it took the whole
    /// transaction with it.
    private func runInSavepoint(_ job: any WaitingTransaction, _ channels: inout [String]) throws -> (any Error)? {
        try connection.command(.savepoint)
        do {
            let transaction = Transaction(dialect: .sqlite, session: connection)
            try job.run(in: transaction)
            if connection.hasUnresolvedForeignKeys { throw DatabaseError.foreignKeyViolation }
            try connection.command(.release)
            channels += transaction.notifiedChannels
            return nil
        } catch {
            let reason = error
            try connection.command(.rollBackToSavepoint)
            try connection.command(.release)
            return reason
        }
    }

    private func commitOneByOne(_ jobs: [any WaitingTransaction]) {
        for (index, job) in jobs.enumerated() {
            do {
                try connection.begin(mayWrite: true)
            } catch {
                // Who waited for the lock in vain has waited for all.
                for job in jobs[index...] { job.finish(error) }
                return
            }
            finish(job) { try writeBegun { try job.run(in: $0) } }
        }
    }

    private func finish(_ job: any WaitingTransaction, _ work: () throws -> Void) {
        do {
            try work()
            job.finish(nil)
        } catch {
            job.finish(error)
        }
    }

    private func committed(_ count: Int, _ channels: [String]) {
        guard count > 0 else { return }
        commits.add(1, ordering: .relaxed)
        closures.add(count, ordering: .relaxed)
        for (index, channel) in channels.enumerated() where !channels[..<index].contains(channel) {
            waiters.notify(channel)
        }
    }

    /// What a closure did must be undone in part, and was done without savepoints.
    private struct SavepointsNeeded: Error {}

    private static func isOfTheDisk(_ error: any Error) -> Bool {
        switch error as? DatabaseError {
        case .diskFull, .unavailable, .commitUnknown: true
        default: false
        }
    }
}
