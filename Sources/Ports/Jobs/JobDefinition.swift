public import Database
public import Kernel

/// A kind of job and what it does.
///
/// The work is done at least once: a worker may be lost between its effect and the note of it, so work must be safe to
/// repeat. It must heed cancellation, which comes when its time is over.
public struct JobDefinition: Sendable {
    /// The kind of its arguments.
    public let kind: String
    /// How often, how long and beside whom it runs.
    public let policy: JobPolicy
    let work: @Sendable (String, JobContext) async throws -> Void

    /// Work for arguments of a kind. When it throws `JobSnooze` it is not counted as an attempt, when it throws
    /// `JobDiscard` it becomes a dead letter at once, and any other error is tried again by the policy.
    public init<Arguments: JobArguments>(
        _: Arguments.Type, policy: JobPolicy = .init(),
        work: @escaping @Sendable (Arguments, JobContext) async throws -> Void
    ) {
        kind = Arguments.kind
        self.policy = policy
        self.work = { text, context in
            let arguments: Arguments
            do {
                arguments = try JobCoding.decode(Arguments.self, text)
            } catch {
                // The words of a decoding error quote what was read, so they are not kept.
                throw JobDiscard("the arguments cannot be read")
            }
            try await work(arguments, context)
        }
    }
}

/// What a running job knows of itself.
public struct JobContext: Sendable {
    /// The job.
    public let jobID: ID<Job>
    /// Which attempt this is: 1, 2, ….
    public let attempt: Int
    /// Whether a failure now makes it a dead letter.
    public let isLastAttempt: Bool
    /// When this run began.
    public let now: Timestamp
    /// A log that carries the job's id, kind and attempt.
    public let log: Log
    private let completion: JobCompletion?

    /// A context without a runner, so that a test can call work.
    public init(jobID: ID<Job>, attempt: Int = 1, isLastAttempt: Bool = false, now: Timestamp, log: Log = .silent) {
        self.init(jobID: jobID, attempt: attempt, isLastAttempt: isLastAttempt, now: now, log: log, completion: nil)
    }

    /// A context of a runner.
    init(
        jobID: ID<Job>, attempt: Int, isLastAttempt: Bool, now: Timestamp, log: Log, completion: JobCompletion?
    ) {
        self.jobID = jobID
        self.attempt = attempt
        self.isLastAttempt = isLastAttempt
        self.now = now
        self.log = log
        self.completion = completion
    }

    /// Makes the work's last changes and notes in the same transaction that the job is done, which saves one for every
    /// run. Nothing may be left to do after it. When it throws, the job is not done. A job that is another's by now has
    /// its changes made all the same: they tell what has happened.
    public func finish(
        in database: any Database, _ body: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        guard let completion else { return try await database.write(body) }
        try await completion.write(in: database, body)
    }
}

/// Not yet: come back later. Not counted as an attempt.
public struct JobSnooze: Error, Equatable {
    /// How long to wait.
    public let duration: Duration

    /// Comes back after `duration`.
    public init(for duration: Duration) { self.duration = duration }
}

/// Never: a dead letter at once, for an operator to look at.
public struct JobDiscard: Error, Equatable {
    /// Why, in words safe to show to an operator: no payload, no personal data.
    public let reason: String

    /// Gives up because of `reason`.
    public init(_ reason: String) { self.reason = reason }
}

/// An error that brings its own safe words for the operator's list of jobs. Of every other error only the type and
/// the case are kept, because an error's payload may hold personal data or secrets.
public protocol JobFailureExplaining: Error {
    /// What went wrong: codes and ids, no payload, no personal data.
    var jobFailure: String { get }
}
