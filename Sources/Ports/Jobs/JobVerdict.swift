import Kernel

/// How a run ended.
enum JobEnd: Sendable {
    /// The work returned.
    case finished
    /// The work threw.
    case failed(any Error)
    /// The work was cancelled at its time limit.
    case outOfTime
    /// The lease ended or was taken: whatever the work did, it is another's job now.
    case leaseLost
    /// The runner stops and cancelled the work.
    case stopped
    /// The worker vanished; found by the rescuer.
    case workerLost
}

/// What becomes of a job after a run.
enum JobVerdict: Equatable {
    case done
    case retry(after: Duration, error: String)
    case snooze(Duration)
    case giveBack
    case dead(error: String)
    /// Nothing to be written: the job is another's.
    case leave

    /// Decides by the policy; draws from `random` only for a retry.
    static func of(_ end: JobEnd, attempt: Int, policy: JobPolicy, random: any RandomSource) -> JobVerdict {
        let error: String
        switch end {
        case .finished: return .done
        case .leaseLost: return .leave
        case .stopped: return .giveBack
        case .failed(let failure as JobSnooze): return .snooze(failure.duration)
        case .failed(let failure as JobDiscard): return .dead(error: FailureText.of(failure))
        case .failed(let failure): error = FailureText.of(failure)
        case .outOfTime: error = "ran longer than its limit of \(policy.timeLimit.milliseconds) ms"
        case .workerLost: error = "its worker was lost while it ran"
        }
        if attempt >= policy.attemptsMax { return .dead(error: error) }
        return .retry(after: policy.backoff.delay(afterAttempt: attempt, random: random), error: error)
    }

    /// Writes the verdict. False when the job was no longer the worker's.
    func write(_ job: ClaimedJob, now: Timestamp, in tx: JobRepository) throws -> Bool {
        switch self {
        case .done: try tx.finish(job, at: now)
        case .retry(let delay, let error): try tx.retry(job, at: now.adding(delay), error: error)
        case .snooze(let delay): try tx.putBack(job, runAt: now.adding(delay))
        case .giveBack: try tx.putBack(job, runAt: now)
        case .dead(let error): try tx.bury(job, at: now, error: error)
        case .leave: false
        }
    }

    /// One line a run: failures are warnings, dead letters errors.
    func log(to log: Log) {
        switch self {
        case .done: log.debug("job_done")
        case .retry(let delay, let error):
            log.warning("job_failed", ["error": .string(error), "retry_in_ms": .int(delay.milliseconds)])
        case .snooze(let delay): log.debug("job_snoozed", ["retry_in_ms": .int(delay.milliseconds)])
        case .giveBack: log.info("job_given_back")
        case .dead(let error): log.error("job_dead", ["error": .string(error)])
        case .leave: break
        }
    }
}
