public import Mail
private import Synchronization

/// Keeps the mails that were sent.
public final class Mailbox: Mailer {
    private let kept = Mutex<[Mail]>([])

    /// Empty.
    public init() {}

    /// The mails, in the order they were sent; a repeat is there twice.
    public var mails: [Mail] { kept.withLock { $0 } }

    /// Keeps a mail.
    public func send(_ mail: Mail) async throws { kept.withLock { $0.append(mail) } }
}
