import Database
import Kernel

/// Runs one claimed job: its work beside a watch over its time and lease, and then the note of how it ended.
struct JobExecution: Sendable {
    let database: any Database
    let clock: any WallClock
    let random: any RandomSource
    let log: Log
    let definitions: [String: JobDefinition]
    let lease: Duration
    /// nil where nobody can stop the runner but by cancelling it.
    let stop: Gauge?
    let around: (@Sendable (_ kind: String, _ run: @Sendable () async -> Void) async -> Void)?

    private enum Signal: Sendable {
        case ended((any Error)?)
        case cut(JobEnd)
        case watchOver
    }

    func run(_ job: ClaimedJob) async {
        guard let definition = definitions[job.kind] else { return }
        guard let around else { return await run(job, definition) }
        await around(job.kind) { await run(job, definition) }
    }

    private func run(_ job: ClaimedJob, _ definition: JobDefinition) async {
        let log = log.with([
            "job_id": .string(job.id.rawValue), "kind": .string(job.kind), "attempt": .int(Int64(job.attempt)),
        ])
        let completion = JobCompletion(job, clock: clock)
        let context = JobContext(
            jobID: job.id, attempt: job.attempt, isLastAttempt: job.attempt >= definition.policy.attemptsMax,
            now: clock.now(), log: log, completion: completion)
        let end = await race(job, definition, context)
        switch completion.outcome {
        case .written: return JobVerdict.done.log(to: log)
        case .leaseLost: return log.warning("job_lease_lost")
        case nil: break
        }
        let verdict = JobVerdict.of(end, attempt: job.attempt, policy: definition.policy, random: random)
        await record(verdict, job, log: log)
    }

    /// The work, until it ends. What cuts it short only cancels it: the run is over when the work is, so that no job
    /// runs twice at once on one node. Work that succeeds although it was cancelled has succeeded.
    private func race(_ job: ClaimedJob, _ definition: JobDefinition, _ context: JobContext) async -> JobEnd {
        if Task.isCancelled || (stop?.value ?? 0) >= Stopping.leavesWork { return .stopped }
        return await withTaskGroup(of: Signal.self) { group in
            group.addTask {
                do {
                    try await definition.work(job.arguments, context)
                    return .ended(nil)
                } catch {
                    return .ended(error)
                }
            }
            group.addTask { await watch(job, until: context.now.adding(definition.policy.timeLimit)) }
            if let stop {
                group.addTask {
                    await stop.wait(for: Stopping.leavesWork)
                    return stop.value >= Stopping.leavesWork ? .cut(.stopped) : .watchOver
                }
            }
            var cut: JobEnd?
            for await signal in group {
                switch signal {
                case .watchOver: continue
                case .cut(let end):
                    cut = cut ?? end
                    group.cancelAll()
                case .ended(nil):
                    group.cancelAll()
                    return .finished
                case .ended(let error?):
                    group.cancelAll()
                    return cut ?? (Task.isCancelled ? .stopped : .failed(error))
                }
            }
            return cut ?? .stopped
        }
    }

    /// Renews the lease at every third of it, and says when the work has to end. After that the lease is renewed no
    /// more: work that does not heed its cancellation is rescued from this node.
    private func watch(_ job: ClaimedJob, until deadline: Timestamp) async -> Signal {
        var lockedUntil = job.lockedUntil
        while true {
            let now = clock.now()
            if now >= deadline { return .cut(.outOfTime) }
            do {
                try await clock.sleep(for: min(.milliseconds(lease.milliseconds / 3), deadline.since(now)))
            } catch {
                return .watchOver
            }
            let woke = clock.now()
            if woke >= deadline { return .cut(.outOfTime) }
            let renewed = woke.adding(lease)
            do {
                let isHeld = try await database.write { tx in try JobRepository(tx: tx).renew(job, until: renewed) }
                guard isHeld else { return .cut(.leaseLost) }
                lockedUntil = renewed
            } catch {
                if Task.isCancelled { return .watchOver }
                log.warning("job_lease_not_renewed", ["error": .string(FailureText.of(error))])
                if clock.now() >= lockedUntil { return .cut(.leaseLost) }
            }
        }
    }

    /// What cannot be written now is left to the rescuer of any node.
    private func record(_ verdict: JobVerdict, _ job: ClaimedJob, log: Log) async {
        let now = clock.now()
        do {
            let isWritten = try await database.write { tx in
                try verdict.write(job, now: now, in: JobRepository(tx: tx))
            }
            if isWritten { verdict.log(to: log) } else { log.warning("job_lease_lost") }
        } catch {
            log.warning("job_outcome_not_stored", ["error": .string(FailureText.of(error))])
        }
    }
}
