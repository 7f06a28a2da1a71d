internal import Accounts
internal import Brakes
internal import Database
internal import Idempotency
internal import Jobs
internal import Kernel

/// What is cleared away or renewed regularly: expired stored answers, counts of failed tries, and the keys of tokens.
struct Housekeeping: Sendable {
    let keys: SigningKeys
    let database: any Database
    let clock: any WallClock
    let answers: PruneIdempotencyKeys

    struct Arguments: JobArguments {
        static let kind = "app.housekeeping"
    }

    /// Repeating is harmless; the next tick does it again, so a failed run is not repeated for long.
    var definition: JobDefinition {
        JobDefinition(Arguments.self, policy: JobPolicy(attemptsMax: 3, timeLimit: .seconds(300))) { _, _ in
            try await keys.rotate()
            try await answers.run()
            try await FailureBrake.prune(database, at: clock.now())
        }
    }

    var schedule: Schedule { Schedule("app.housekeeping", every: .seconds(3600), Arguments()) }
}
