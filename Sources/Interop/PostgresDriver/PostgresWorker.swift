internal import Database
internal import DriverSupport
private import Threads

/// Runs closures that wait, each in a transaction of its own, on the thread that calls.
struct PostgresWorker: Sendable {
    /// How often a closure is run again after a collision with other writers.
    static let collisionsMax = 5
    /// How often a closure is run again because of the name of a statement; when it is, it uses no names.
    static let statementNamesMax = 2
    private static let collisionWaitFirstMs = 4
    private static let collisionWaitMostMs = 100

    private enum Outcome {
        case committed(notifying: [String])
        case unknown(notifying: [String])
        case wasRead
        case failed(any Error)
        case notBegun(DatabaseError)
        case collided
        case statementName(DatabaseError)
        case needsSavepoints
    }

    let pool: PostgresPool
    private let notifier = PostgresNotifier()

    /// Serves the line until it is closed.
    func serve(_ line: TransactionQueue) {
        while let jobs = line.take(atMost: 1) {
            for job in jobs { perform(job, of: line) }
        }
        line.workerEnds()
    }

    /// Runs the closure until it is over, and resumes its task.
    private func perform(_ job: any WaitingTransaction, of line: TransactionQueue) {
        var collisions = 0
        var statementNames = 0
        var reconnections = 0
        var mustBeFresh = false
        var savepoints = Transaction.Savepoints.presumed
        while true {
            // What ran before was undone, so it is as if it had never begun.
            if collisions + statementNames > 0, job.isCancelled { return job.finish(CancellationError()) }
            let connection: PostgresConnection
            do { connection = try pool.take(mustBeFresh: mustBeFresh) } catch { return job.finish(error) }
            let outcome = attempt(job, on: connection, usesNames: statementNames == 0, savepoints)
            if case .wasRead = outcome {
                // Nothing can fail any more, so the caller need not wait for the end.
                job.finish(nil)
                connection.endRead()
            }
            pool.giveBack(connection)
            mustBeFresh = false
            switch outcome {
            case .wasRead: return
            case .committed(let channels):
                job.finish(nil)
                return notifier.notify(channels, by: line)
            case .unknown(let channels):
                job.finish(DatabaseError.commitUnknown)
                // It may be there; to look in vain costs little.
                return notifier.notify(channels, by: line)
            case .failed(let error): return job.finish(error)
            case .notBegun(let error):
                reconnections += 1
                mustBeFresh = true
                if reconnections > 1 { return job.finish(error) }
            case .collided:
                collisions += 1
                if collisions > Self.collisionsMax { return job.finish(DatabaseError.conflict) }
                OwnedThread.pause(
                    milliseconds: MonotonicTime.backoffMs(
                        failures: collisions, firstMs: Self.collisionWaitFirstMs, mostMs: Self.collisionWaitMostMs))
            case .needsSavepoints: savepoints = .made
            case .statementName(let error):
                statementNames += 1
                if statementNames > Self.statementNamesMax { return job.finish(error) }
            }
        }
    }

    private func attempt(
        _ job: any WaitingTransaction, on connection: PostgresConnection, usesNames: Bool,
        _ savepoints: Transaction.Savepoints
    ) -> Outcome {
        let transaction = Transaction(dialect: .postgresql, session: connection, savepoints: savepoints)
        do {
            try connection.begin(mayWrite: job.isWrite, usesNames: usesNames)
        } catch {
            return .notBegun(error.error)
        }
        var thrown: (any Error)?
        var isCommitting = false
        do {
            try job.run(in: transaction)
            if connection.doom == nil, !transaction.needsSavepoints {
                if !job.isWrite { return .wasRead }
                isCommitting = true
                try connection.commit()
                return .committed(notifying: transaction.notifiedChannels)
            }
        } catch {
            thrown = error
        }
        connection.rollBack()
        if isCommitting, thrown as? DatabaseError == .commitUnknown {
            return .unknown(notifying: transaction.notifiedChannels)
        }
        // The closure may have swallowed what dooms the transaction, or thrown another error because of it.
        switch connection.doom {
        case .collision: return .collided
        case .statementName(let error): return .statementName(error)
        // Nothing was committed, nor asked to be.
        case .lost(let error) where !connection.pipeline.hasBegun: return .notBegun(error)
        case .lost(let error): return .failed(error)
        case .failed(let error): return .failed(error)
        case .notWaitedFor: return .needsSavepoints
        case nil where transaction.needsSavepoints: return .needsSavepoints
        case nil: return .failed(thrown ?? DatabaseError.conflict)
        }
    }
}
