internal import Jobs
internal import Kernel
internal import StripeClient

/// The hourly reconciliation of the last 48 hours, so that every charge is looked at two days long, and of whatever
/// the hours before missed: after a long outage the period begins where the last run ended. Repeating is harmless, and
/// the next hour does it again, so a failed run is not repeated for long.
struct ReconcileJob: JobArguments {
    static let kind = "payments.reconcile"

    static func definition(_ reconciliation: Reconciliation, clock: any WallClock) -> JobDefinition {
        let policy = JobPolicy(
            queue: "reconciliation", attemptsMax: 3, timeLimit: .seconds(1800),
            backoff: Backoff(first: .seconds(120), longest: .seconds(600)))
        return JobDefinition(ReconcileJob.self, policy: policy) { _, context in
            do {
                guard let period = try await reconciliation.duePeriod(at: clock.now()) else { return }
                _ = try await reconciliation.run(period, cause: .job(context.jobID.rawValue))
            } catch is ReconciliationUnderWay {
                // Somebody at a command line does it; what they leave is the next hour's.
                context.log.info("reconciliation_under_way")
            } catch let error as StripeError where context.isLastAttempt && error.passes {
                // Told already; a dead letter for each hour that Stripe is away would help nobody.
            }
        }
    }

    static var schedule: Schedule {
        Schedule("payments.reconcile", every: .seconds(3600), startsAfter: .seconds(3600), ReconcileJob())
    }
}

extension StripeError {
    /// Whether it is Stripe's own trouble, which will pass.
    fileprivate var passes: Bool {
        switch self {
        case .unavailable, .rateLimited, .outcomeUnknown: true
        default: false
        }
    }
}
