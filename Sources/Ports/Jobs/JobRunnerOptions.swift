/// How a runner runs. All times are of the runner's clock.
public struct JobRunnerOptions: Sendable {
    /// How many jobs of one queue run at once on this node, where `slots` does not say.
    public let slotsDefault: Int
    /// How many jobs run at once, by queue.
    public let slots: [String: Int]
    /// How often to look for work when no notification comes; also how late a retry may be.
    public let pollInterval: Duration
    /// How often to look for lost workers, due schedules and what can be forgotten.
    public let housekeepingInterval: Duration
    /// How long a worker holds a job without renewing it, which it does at every third of this; clocks of nodes may
    /// differ by less than two thirds of it.
    public let lease: Duration
    /// How long running jobs may go on after `stop()`, before they are cancelled and given back.
    public let grace: Duration
    /// How long done jobs, and so their de-duplication keys, are kept.
    public let jobRetention: Duration
    /// How long sent messages of the outbox, and so their de-duplication keys, are kept.
    public let messageRetention: Duration
    /// Stands around each run of a job, the note of how it ended included; told the job's kind. nil unless somebody
    /// wants to know what runs, as a drill does.
    public var around: (@Sendable (_ kind: String, _ run: @Sendable () async -> Void) async -> Void)?

    /// Options; the defaults suit a node of a few cores. A lease is at least a second, an interval 10 ms.
    public init(
        slotsDefault: Int = 8, slots: [String: Int] = [:], pollInterval: Duration = .seconds(1),
        housekeepingInterval: Duration = .seconds(1), lease: Duration = .seconds(60), grace: Duration = .seconds(20),
        jobRetention: Duration = .seconds(7 * 86_400), messageRetention: Duration = .seconds(30 * 86_400)
    ) {
        self.slotsDefault = slotsDefault
        self.slots = slots
        self.pollInterval = max(pollInterval, .milliseconds(10))
        self.housekeepingInterval = max(housekeepingInterval, .milliseconds(10))
        self.lease = max(lease, .seconds(1))
        self.grace = grace
        self.jobRetention = jobRetention
        self.messageRetention = messageRetention
    }
}
