internal import Database
internal import Jobs
internal import Kernel

/// Finishes what requests left unfinished: outcomes that are not known, cancellations under way, and orders whose time
/// is over. Each step is safe to repeat and to race with the request that began it.
///
/// Each step is claimed by one node for a while (``SweepRepository``). What fails comes again later and later, so that
/// it keeps nothing else waiting.
struct Sweep: Sendable {
    let database: any Database
    let intents: IntentService
    let checkouts: Checkouts
    let cancellations: CancellationService
    let refunds: RefundService
    let clock: any WallClock
    let log: Log

    /// How long a request may still be at work on what it began.
    static let patience = Duration.seconds(90)
    /// The most that is claimed of each kind at once.
    static let batchMax = 50
    /// The most steps of one run; the next run goes on.
    static let stepsMax = 2000
    /// How long one run begins steps.
    static let timeMax = Duration.seconds(240)
    /// The most steps at the same time.
    static let concurrencyMax = 8

    /// What one run did.
    struct Report: Sendable, Equatable {
        var finished = 0
        var unfinished = 0
        var count: Int { finished + unfinished }
    }

    /// Sweeps until nothing is due, or a bound of the run is met. Throws `DatabaseError` when it cannot even claim.
    @discardableResult
    func run(cause: Cause) async throws -> Report {
        let end = clock.now().adding(Self.timeMax)
        var report = Report()
        while report.count < Self.stepsMax, clock.now() < end, !Task.isCancelled {
            let now = clock.now()
            let claimed = try await database.write { tx in
                try SweepRepository(tx: tx).claim(
                    now: now, since: now.adding(.zero - Self.patience), limit: Self.batchMax)
            }
            if claimed.isEmpty { break }
            let finished = await take(claimed, until: end, cause: cause)
            report.finished += finished.count
            report.unfinished += claimed.count - finished.count
            try await database.write { tx in try SweepRepository(tx: tx).forget(finished) }
        }
        let longAgo = clock.now().adding(.zero - SweepRepository.retention)
        try await database.write { tx in try SweepRepository(tx: tx).prune(before: longAgo) }
        return report
    }

    /// Takes the steps, so many at a time; returns those that are finished. Past `end` none is begun: they are claimed,
    /// and come again.
    private func take(_ steps: [SweepStep], until end: Timestamp, cause: Cause) async -> [SweepStep] {
        await withTaskGroup(of: SweepStep?.self) { group in
            var waiting = steps[...]
            var finished: [SweepStep] = []
            var running = 0
            while true {
                while running < Self.concurrencyMax, clock.now() < end, !Task.isCancelled,
                    let step = waiting.popFirst()
                {
                    group.addTask { await isFinished(step, cause: cause) ? step : nil }
                    running += 1
                }
                guard let ended = await group.next() else { return finished }
                running -= 1
                if let ended { finished.append(ended) }
            }
        }
    }

    /// One thing that fails does not keep the others waiting.
    private func isFinished(_ step: SweepStep, cause: Cause) async -> Bool {
        let reason: String
        do {
            if try await finish(step, cause: cause) { return true }
            reason = "the outcome is still unknown"
        } catch PaymentError.pageNotOpened(_, repeatable: false) {
            // Refused for good, and the order with it.
            return true
        } catch PaymentError.orderNotPending {
            // Its page is over already.
            return true
        } catch PaymentError.paymentInProgress {
            // The buyer has done their part, and a bank decides: nothing to warn of. It keeps its claim, and is asked
            // again later and later.
            return false
        } catch PaymentError.refundRefused {
            // Refused for good, and written down so.
            return true
        } catch PaymentError.orderNotCancelable {
            // Paid meanwhile, say: nothing is left to cancel.
            return true
        } catch {
            reason = String(describing: error)
        }
        log.warning(
            "sweep_step_unfinished",
            [
                "what": .string(step.kind.rawValue), "id": .string(step.id), "tries": .int(step.tries),
                "error": .string(reason),
            ])
        return false
    }

    private func finish(_ step: SweepStep, cause: Cause) async throws -> Bool {
        switch step.kind {
        case .attempt:
            _ = try await intents.resolve(OrderID(step.id), cause: cause)
            return true
        case .page:
            // Who asked for it may come back for it; who does not leaves it to expire.
            _ = try await checkouts.page(of: OrderID(step.id), cause: cause)
            return true
        case .refund:
            let found = try await database.read { tx -> (Refund, Payment)? in
                guard let refund = try RefundRepository(tx: tx).find(step.id),
                    let payment = try PaymentRepository(tx: tx).of(refund.orderID).first(where: {
                        $0.id == refund.paymentID
                    })
                else { return nil }
                return (refund, payment)
            }
            guard let (refund, payment) = found else { return true }
            return try await refunds.submit(refund, payment: payment, cause: cause).state != .submitted
        case .cancellation:
            return try await cancellations.cancel(OrderID(step.id), cause: cause).status == .canceled
        }
    }
}

/// The sweep as a job; scheduled every minute.
struct SweepJob: JobArguments {
    static let kind = "payments.sweep"

    static func definition(_ sweep: Sweep) -> JobDefinition {
        // The next tick sweeps again, so a failed run is not repeated for long.
        JobDefinition(SweepJob.self, policy: JobPolicy(attemptsMax: 2, timeLimit: .seconds(480))) { _, context in
            try await sweep.run(cause: .job(context.jobID.rawValue))
        }
    }
}
