public import Database
public import Jobs
public import Kernel
public import Mail

/// The front door: what the composition root takes from this feature.
public struct NotificationsFeature: Sendable {
    /// What other features tell people by.
    public let notifications: Notifications
    /// The channels that deliver.
    public let channels: [any OutboxChannel]
    /// The jobs that a runner must know.
    public let jobs: [JobDefinition]

    /// Needs no tables but those of `JobsSchema`.
    public static let migrations: [Migration] = []

    /// Notices through `mailer` and what other `channels` there are (push, SMS).
    public init(
        database: any Database, queue: JobQueue, clock: any WallClock, ids: IDGenerator, mailer: any Mailer,
        channels: [any OutboxChannel] = []
    ) {
        notifications = Notifications(outbox: Outbox(queue: queue, clock: clock, ids: ids))
        self.channels = [MailChannel(mailer: mailer)] + channels
        jobs = [Outbox.deliveryJob(channels: self.channels, database: database, clock: clock)]
    }
}
