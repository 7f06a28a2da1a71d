public import Database
public import Kernel

/// Something that leaves the machine: a mail, a push message.
public struct OutboxMessage: Sendable {
    /// The name of the channel that delivers it.
    public let channel: String
    /// Names this message for ever: put twice, it is sent as one.
    public let dedupeKey: String
    /// What it is about, such as an order's id.
    public let subject: String?
    let body: String

    /// A message; `body` is stored as JSON of at most `JobLimits.messageBytesMax` bytes. May hold personal data, and
    /// is never logged. Throws `JobsError` for what cannot be stored.
    public init(channel: String, dedupeKey: String, subject: String?, body: some Encodable) throws(JobsError) {
        try JobCoding.requireName(channel)
        try JobCoding.requireName(dedupeKey)
        try JobCoding.requireName(subject)
        self.channel = channel
        self.dedupeKey = dedupeKey
        self.subject = subject
        self.body = try JobCoding.encode(body, bytesMax: JobLimits.messageBytesMax)
    }
}

/// Takes messages in the caller's transaction: what is announced is what happened.
public struct Outbox: Sendable {
    private let queue: JobQueue
    private let clock: any WallClock
    private let ids: IDGenerator

    /// An outbox whose deliveries are jobs of `queue`.
    public init(queue: JobQueue, clock: any WallClock, ids: IDGenerator) {
        self.queue = queue
        self.clock = clock
        self.ids = ids
    }

    /// Puts a message and the job that delivers it. A second put with the same key changes nothing and returns false,
    /// for as long as the first is kept (30 days after it was sent).
    @discardableResult
    public func put(_ message: OutboxMessage, in tx: Transaction) throws -> Bool {
        let id = ids.next(OutboxMessage.self)
        let isNew = try tx.inserts(
            """
            INSERT INTO outbox (id, channel, dedupe_key, subject, body, created_at_ms, attempts)
            VALUES (\(id), \(message.channel), \(message.dedupeKey), \(message.subject), \(message.body),
                \(clock.now()), 0)
            """, unless: "dedupe_key")
        guard isNew else { return false }
        try queue.enqueue(DeliverOutboxMessage(messageID: id), subject: message.subject, in: tx)
        return true
    }
}

/// Delivers one message of the outbox.
struct DeliverOutboxMessage: JobArguments {
    static let kind = "outbox.deliver"

    let messageID: ID<OutboxMessage>
}
