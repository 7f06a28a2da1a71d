public import Database
public import Kernel

/// Brings messages of one kind out of the machine.
public protocol OutboxChannel: Sendable {
    /// The name that messages give.
    var name: String { get }

    /// Sends a message, at least once: the same one may come again after it was sent, under the same
    /// `dedupeKey`, which the receiver should be given where it can tell repeats by it. What it throws is treated as
    /// of any job: tried again, `JobSnooze` later, `JobDiscard` never.
    func deliver(_ delivery: OutboxDelivery, _ context: JobContext) async throws
}

/// A message on its way out.
public struct OutboxDelivery: Sendable {
    /// Names this message for ever.
    public let dedupeKey: String
    /// What it is about.
    public let subject: String?
    private let text: String

    init(dedupeKey: String, subject: String?, text: String) {
        self.dedupeKey = dedupeKey
        self.subject = subject
        self.text = text
    }

    /// A delivery, for testing a channel. Throws `JobsError.argumentsNotStorable`.
    public init(dedupeKey: String, subject: String?, body: some Encodable) throws(JobsError) {
        let text = try JobCoding.encode(body, bytesMax: JobLimits.messageBytesMax)
        self.init(dedupeKey: dedupeKey, subject: subject, text: text)
    }

    /// The message's body. Throws `JobDiscard` when it is no such value, because it never will be.
    public func body<Body: Decodable>(as _: Body.Type = Body.self) throws -> Body {
        do {
            return try JobCoding.decode(Body.self, text)
        } catch {
            // The words of a decoding error quote what was read.
            throw JobDiscard("the message's body cannot be read")
        }
    }
}

extension Outbox {
    /// The job that delivers messages by these channels. It is safe to repeat: a message that is marked as sent is not
    /// sent again, and one that was sent without the mark goes out once more under its key.
    ///
    /// A message for a channel that this node does not have is left for a node that has it, and asked for again every
    /// minute.
    public static func deliveryJob(
        channels: [any OutboxChannel], database: any Database, clock: any WallClock,
        policy: JobPolicy = JobPolicy(queue: "outbox")
    ) -> JobDefinition {
        let channels = Dictionary(uniqueKeysWithValues: channels.map { ($0.name, $0) })
        return JobDefinition(DeliverOutboxMessage.self, policy: policy) { arguments, context in
            let id = arguments.messageID
            let row = try await database.read { tx in
                try tx.row(
                    """
                    SELECT channel, dedupe_key, subject, body FROM outbox WHERE id = \(id) AND sent_at_ms IS NULL
                    """)
            }
            guard let row else { return }
            let name = try row.text("channel")
            guard let channel = channels[name] else {
                context.log.error("outbox_channel_unknown", ["channel": .string(name)])
                throw JobSnooze(for: .seconds(60))
            }
            let delivery = OutboxDelivery(
                dedupeKey: try row.text("dedupe_key"), subject: try row.textOrNil("subject"),
                text: try row.text("body"))
            try await channel.deliver(delivery, context)
            let now = clock.now()
            try await context.finish(in: database) { tx in
                try tx.send(
                    """
                    UPDATE outbox SET sent_at_ms = \(now), attempts = \(context.attempt)
                    WHERE id = \(id) AND sent_at_ms IS NULL
                    """)
            }
            context.log.info("outbox_message_sent", ["channel": .string(name)])
        }
    }
}
