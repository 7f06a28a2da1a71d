public import Jobs
private import Kernel
public import Mail

/// Brings mails from the outbox to a mailer.
public struct MailChannel: OutboxChannel {
    static let name = "mail"

    /// `mail`.
    public var name: String { Self.name }
    private let mailer: any Mailer

    /// Sends by this mailer.
    public init(mailer: any Mailer) { self.mailer = mailer }

    /// Sends the mail, at least once, under a `Message-ID` made of its key. What no repeat will mend (a bad address, a
    /// mailbox that does not exist) is discarded and waits as a dead letter; the rest is tried again.
    public func deliver(_ delivery: OutboxDelivery, _ context: JobContext) async throws {
        let stored: StoredMail = try delivery.body()
        let mail: Mail
        do {
            mail = try Mail(
                to: Redacted(stored.to), subject: stored.subject, text: stored.text, dedupeKey: delivery.dedupeKey)
        } catch {
            throw JobDiscard("the mail is not fit to send: \(error)")
        }
        do {
            try await mailer.send(mail)
        } catch MailerError.refused(let reason) {
            throw JobDiscard("the mail was refused: \(reason)")
        }
    }
}

extension MailerError: JobFailureExplaining {
    /// The case and its code.
    public var jobFailure: String { "MailerError.\(self)" }
}
