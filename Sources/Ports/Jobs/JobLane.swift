import Database
import Kernel

/// The jobs of one queue on one node: claims as many as it has free slots, and waits when there are no more.
struct JobLane: Sendable {
    let database: any Database
    let clock: any WallClock
    let log: Log
    let execution: JobExecution
    let kinds: [String]
    let slots: Int
    let pollInterval: Duration
    let worker: String
    let stop: StopSignal

    private enum Event: Sendable {
        case jobEnded
        case woke
        case stopped
    }

    /// Returns once it was stopped, or its task cancelled, and its last job has ended.
    func run() async throws {
        try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask {
                await stop.wait(for: .takeNoMore)
                return .stopped
            }
            var running = 0
            var isWaiting = false
            var mayHaveMore = true
            while true {
                let isStopping = Task.isCancelled || stop.level >= .takeNoMore
                if isStopping, running == 0 { break }
                if !isStopping, mayHaveMore, running < slots {
                    let claimed = try await claim(slots - running)
                    mayHaveMore = claimed.count == slots - running
                    running += claimed.count
                    for job in claimed {
                        group.addTask {
                            await execution.run(job)
                            return .jobEnded
                        }
                    }
                }
                if !isStopping, !isWaiting {
                    isWaiting = true
                    group.addTask {
                        await waitForWork()
                        return .woke
                    }
                }
                switch try await group.next() {
                case .jobEnded: running -= 1
                case .woke:
                    isWaiting = false
                    mayHaveMore = true
                case .stopped, nil: break
                }
            }
            group.cancelAll()
        }
    }

    /// No job when the database cannot be asked now; the next poll asks again.
    private func claim(_ limit: Int) async throws -> [ClaimedJob] {
        let now = clock.now()
        let lockedUntil = now.adding(execution.lease)
        do {
            return try await database.write { tx in
                try JobRepository(tx: tx).claim(
                    kinds: kinds, limit: limit, worker: worker, now: now, lockedUntil: lockedUntil)
            }
        } catch DatabaseError.closed {
            throw DatabaseError.closed
        } catch {
            if !Task.isCancelled { log.warning("jobs_not_claimed", ["error": .string(FailureText.of(error))]) }
            return []
        }
    }

    /// Until a commit with a due job is notified, or the poll interval is over. Where the notification cannot be
    /// waited for, the clock is.
    private func waitForWork() async {
        do {
            try await database.wait(forNotification: JobQueue.channel, timeout: pollInterval)
        } catch {
            // A cancelled sleep wakes the lane, which sees for itself that it has to stop.
            try? await clock.sleep(for: pollInterval)
        }
    }
}
