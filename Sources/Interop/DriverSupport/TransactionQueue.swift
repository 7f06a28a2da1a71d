public import Database

/// Closures that wait for a connection: first come, first served, and never more than a maximum (law 14).
public final class TransactionQueue: Sendable {
    private struct State: Sendable {
        var waiting: [any WaitingTransaction] = []
        var head = 0
        var workers = 0
        var idle = 0
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []

        var count: Int { waiting.count - head }

        mutating func take(atMost maximum: Int) -> [any WaitingTransaction] {
            let end = head + min(count, maximum)
            let taken = Array(waiting[head..<end])
            head = end
            if head == waiting.count {
                waiting.removeAll(keepingCapacity: waiting.capacity <= 1024)
                head = 0
            } else if head >= 1024 {
                waiting.removeFirst(head)
                head = 0
            }
            return taken
        }
    }

    private let monitor = Monitor(State())
    private let waitingMax: Int
    private let workersMax: Int
    private let startWorker: @Sendable (TransactionQueue) throws -> Void

    /// A queue of at most `waitingMax` closures, served by at most `workersMax` threads that `startWorker` starts
    /// when work comes and no thread is idle. A worker calls `take` until it gives nil, and nothing after.
    public init(
        waitingMax: Int, workersMax: Int, startWorker: @escaping @Sendable (TransactionQueue) throws -> Void
    ) {
        self.waitingMax = waitingMax
        self.workersMax = workersMax
        self.startWorker = startWorker
    }

    /// How many closures wait now.
    public var waitingCount: Int { monitor.withLock { $0.count } }

    /// How the line stands now, for metrics.
    public func standing(named name: String) -> DatabaseLine {
        monitor.withLock { state in
            DatabaseLine(
                name: name, waiting: state.count, working: state.workers - state.idle, connectionsMax: workersMax)
        }
    }

    /// Waits in line, runs on a worker and gives the closure's value: one hop to the worker and one back.
    ///
    /// A write is done even when its task is cancelled: it records what has happened already, such as a vendor's
    /// answer, and that must not be lost because a client has left (law 2). A cancelled task's read either never begins
    /// (`CancellationError`) or is finished as any other.
    /// Throws `DatabaseError.overloaded` when the line is full and `.closed` after `close`.
    public func perform<Value: Sendable>(
        isWrite: Bool, _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        if !isWrite { try Task.checkCancellation() }
        let job = TransactionJob(isWrite: isWrite, body)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                job.willWait(with: continuation)
                if let refusal = push(job) { job.finish(refusal) }
            }
        } onCancel: {
            if !isWrite { job.cancel() }
        }
    }

    /// Puts a closure in line for which no task waits.
    public func add(_ job: any WaitingTransaction) {
        if let refusal = push(job) { job.finish(refusal) }
    }

    private func push(_ job: any WaitingTransaction) -> (any Error)? {
        enum Outcome { case queued, needsWorker, refused(DatabaseError) }
        let outcome = monitor.withLock { state -> Outcome in
            if state.isClosed { return .refused(.closed) }
            if state.count >= waitingMax { return .refused(.overloaded) }
            state.waiting.append(job)
            if state.count > state.idle, state.workers < workersMax {
                state.workers += 1
                return .needsWorker
            }
            return .queued
        }
        switch outcome {
        case .refused(let error): return error
        case .queued: monitor.signal()
        case .needsWorker:
            do {
                try startWorker(self)
            } catch {
                // Another worker will come to it; without any, nobody would, so the line is emptied with the reason.
                for orphan in workerEnded() { orphan.finish(DatabaseError.unavailable(reason: "no thread")) }
            }
        }
        return nil
    }

    /// Blocks the worker until there is work, and gives at most `maximum` closures; nil when the worker must end.
    public func take(atMost maximum: Int) -> [any WaitingTransaction]? {
        var isIdle = false
        let taken = monitor.wait { state -> [any WaitingTransaction]?? in
            if isIdle { state.idle -= 1 }
            isIdle = false
            if state.count > 0 { return .some(state.take(atMost: maximum)) }
            if state.isClosed { return .some(nil) }
            state.idle += 1
            isIdle = true
            return nil
        }
        return taken?.filter { job in
            guard job.isCancelled else { return true }
            job.finish(CancellationError())
            return false
        }
    }

    /// What a worker calls as its last act, after it has given back its connection.
    public func workerEnds() {
        for orphan in workerEnded() { orphan.finish(DatabaseError.unavailable(reason: "no connection")) }
    }

    private func workerEnded() -> [any WaitingTransaction] {
        let (orphans, closers) = monitor.withLock { state in
            state.workers -= 1
            guard state.workers == 0 else { return ([any WaitingTransaction](), [CheckedContinuation<Void, Never>]()) }
            let closers = state.isClosed ? state.closers : []
            if state.isClosed { state.closers = [] }
            return (state.take(atMost: .max), closers)
        }
        for closer in closers { closer.resume() }
        return orphans
    }

    /// Refuses what waits and what comes with `DatabaseError.closed`, without waiting for what runs.
    public func refuse() {
        let refused = monitor.withLock { state -> [any WaitingTransaction] in
            state.isClosed = true
            return state.take(atMost: .max)
        }
        monitor.broadcast()
        for job in refused { job.finish(DatabaseError.closed) }
    }

    /// `refuse`, and waits until every worker has ended. A second call waits for the same.
    public func close() async {
        refuse()
        await withCheckedContinuation { continuation in
            let isOver = monitor.withLock { state -> Bool in
                if state.workers == 0 { return true }
                state.closers.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}
