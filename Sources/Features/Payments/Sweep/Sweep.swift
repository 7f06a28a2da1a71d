internal import Database
internal import Jobs
internal import Kernel

/// Finishes what requests left unfinished: outcomes that are not known, cancellations under way, and orders whose time
/// is over. Each step is safe to repeat and to race with the request that began it.
struct Sweep: Sendable {
    let database: any Database
    let intents: IntentService
    let cancellations: CancellationService
    let refunds: RefundService
    let clock: any WallClock
    let log: Log

    /// How long a request may still be at work on what it began.
    static let patience = Duration.seconds(90)
    /// The most that one run takes up of each kind; the next run goes on.
    static let batchMax = 50

    /// What one run did.
    struct Report: Sendable, Equatable {
        var resolved = 0
        var canceled = 0
        var unresolved = 0
    }

    func run(cause: Cause) async throws -> Report {
        let now = clock.now()
        let since = now.adding(.zero - Self.patience)
        let work = try await database.read { tx in
            (
                attempts: try AttemptRepository(tx: tx).unresolved(since: since, limit: Self.batchMax),
                refunds: try RefundRepository(tx: tx).unresolved(since: since, limit: Self.batchMax),
                canceling: try OrderRepository(tx: tx).canceling(since: since, limit: Self.batchMax),
                expired: try OrderRepository(tx: tx).expired(at: now, limit: Self.batchMax)
            )
        }
        var report = Report()
        for order in work.attempts {
            await step("attempt", order.rawValue, &report, \.resolved) {
                _ = try await intents.resolve(order, cause: cause)
            }
        }
        for refund in work.refunds {
            await step("refund", refund.id, &report, \.resolved) {
                let payment = try await database.read { tx in
                    try PaymentRepository(tx: tx).of(refund.orderID).first { $0.id == refund.paymentID }
                }
                if let payment { _ = try await self.refunds.submit(refund, payment: payment, cause: cause) }
            }
        }
        for order in work.canceling + work.expired {
            await step("cancellation", order.rawValue, &report, \.canceled) {
                _ = try await cancellations.cancel(order, cause: cause)
            }
        }
        return report
    }

    /// One thing that fails does not keep the others waiting; it is found again by the next run.
    private func step(
        _ what: String, _ id: String, _ report: inout Report, _ counter: WritableKeyPath<Report, Int>,
        _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            report[keyPath: counter] += 1
        } catch {
            report.unresolved += 1
            log.warning(
                "sweep_step_unfinished", ["what": .string(what), "id": .string(id), "error": .string("\(error)")])
        }
    }
}

/// The sweep as a job; scheduled every minute.
struct SweepJob: JobArguments {
    static let kind = "payments.sweep"

    static func definition(_ sweep: Sweep) -> JobDefinition {
        // The next tick sweeps again, so a failed run is not repeated for long.
        JobDefinition(SweepJob.self, policy: JobPolicy(attemptsMax: 2, timeLimit: .seconds(300))) { _, context in
            _ = try await sweep.run(cause: .job(context.jobID.rawValue))
        }
    }
}
