public import Database
public import Jobs
public import Kernel
private import Mail

/// Tells people things, in the transaction in which they happen: what is announced is what happened, and a refusal of
/// the mail server never undoes a payment.
public struct Notifications: Sendable {
    private let outbox: Outbox

    /// Notices leave through this outbox.
    public init(outbox: Outbox) { self.outbox = outbox }

    /// Puts a mail in the outbox. A second one with the same `dedupeKey` changes nothing and returns false.
    ///
    /// The address and text are not judged here, because a bad address must not undo what it tells of: a mail that
    /// cannot be sent becomes a dead letter. `about` is the id of what it is about, such as an order's. Throws
    /// `JobsError` when the mail or its key is larger than the outbox takes.
    @discardableResult
    public func mail(
        to address: Redacted<String>, subject: String, text: String, dedupeKey: String, about: String?,
        in tx: Transaction
    ) throws -> Bool {
        try outbox.put(
            OutboxMessage(
                channel: MailChannel.name, dedupeKey: dedupeKey, subject: about,
                body: StoredMail(to: address.reveal(), subject: subject, text: text)),
            in: tx)
    }
}

/// A mail as the outbox keeps it. The address is personal data: it lives in this body and nowhere else.
struct StoredMail: Codable {
    let to: String
    let subject: String
    let text: String
}
