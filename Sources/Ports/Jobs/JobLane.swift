import Database
import Kernel

/// The jobs of one queue on one node: claims as many as it has free slots, and waits for the bell when there are no
/// more.
struct JobLane: Sendable {
    let database: any Database
    let clock: any WallClock
    let outage: OutageLog
    let execution: JobExecution
    let queue: String
    let kinds: [String]
    let slots: Int
    let worker: String
    /// Rises whenever there may be work.
    let bell: Gauge
    let stop: Gauge

    private enum Event: Sendable {
        case jobEnded
        case woke
        case stopped
    }

    /// Returns once it was stopped, or its task cancelled, and its last job has ended.
    func run() async throws {
        try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask {
                await stop.wait(for: Stopping.takesNoMore)
                return .stopped
            }
            // Counted where it happens: while one claim is under way several jobs may end, and the next claim takes as many.
            let ended = Gauge()
            var begun = 0
            var isWaiting = false
            var mayHaveMore = true
            var heard = 0
            while true {
                let running = begun - ended.value
                let isStopping = Task.isCancelled || stop.value >= Stopping.takesNoMore
                if isStopping, running == 0 { break }
                if !isStopping, mayHaveMore, running < slots {
                    // Before the claim, so that a ring during it is not missed.
                    heard = bell.value
                    let claimed = try await claim(slots - running)
                    mayHaveMore = claimed.count == slots - running
                    begun += claimed.count
                    for job in claimed {
                        group.addTask {
                            await execution.run(job)
                            ended.raise()
                            return .jobEnded
                        }
                    }
                }
                if !isStopping, !isWaiting {
                    isWaiting = true
                    let next = heard + 1
                    group.addTask {
                        await bell.wait(for: next)
                        return .woke
                    }
                }
                switch try await group.next() {
                case .woke:
                    isWaiting = false
                    heard = bell.value
                    mayHaveMore = await isDue()
                case .jobEnded, .stopped, nil: break
                }
            }
            group.cancelAll()
        }
    }

    /// Asked beside the writes, in whose line a lane without work would only stand in the way. When it cannot be asked, the
    /// claim tells why.
    private func isDue() async -> Bool {
        let now = clock.now()
        do {
            let isDue = try await database.read { tx in try JobRepository(tx: tx).isDue(kinds: kinds, now: now) }
            if !isDue { outage.succeeded(.lane(queue: queue)) }
            return isDue
        } catch {
            return true
        }
    }

    /// No job when the database cannot be asked now; the next ring asks again.
    private func claim(_ limit: Int) async throws -> [ClaimedJob] {
        let now = clock.now()
        let lockedUntil = now.adding(execution.lease)
        do {
            let claimed = try await database.write { tx in
                try JobRepository(tx: tx).claim(
                    kinds: kinds, limit: limit, worker: worker, now: now, lockedUntil: lockedUntil)
            }
            outage.succeeded(.lane(queue: queue))
            return claimed
        } catch DatabaseError.closed {
            throw DatabaseError.closed
        } catch {
            if !Task.isCancelled { outage.failed(.lane(queue: queue), error) }
            return []
        }
    }
}
