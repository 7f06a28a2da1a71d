public import Kernel

/// A letter in plain text. Its parts are checked when it is made, so no line of its header can be another's.
public struct Mail: Sendable {
    /// Who gets it; personal data.
    public let to: Redacted<String>
    /// The subject: one line of at most `Mail.subjectBytesMax` bytes.
    public let subject: String
    /// The text, lines separated by `\n` or `\r\n`; at most `Mail.textBytesMax` bytes.
    public let text: String
    /// Names this mail for ever; its `Message-ID` is made of it, by which receivers tell a repeat. 1 to
    /// `Mail.dedupeKeyBytesMax` bytes.
    public let dedupeKey: String

    /// The most that a subject may have, in bytes of UTF-8.
    public static let subjectBytesMax = 600
    /// The most that a text may have, in bytes of UTF-8.
    public static let textBytesMax = 256 << 10
    /// The most that a de-duplication key may have, in bytes of UTF-8.
    public static let dedupeKeyBytesMax = 255

    /// A mail of these parts. Throws `MailError` for the first that is not fit, in the order of the cases.
    public init(to: Redacted<String>, subject: String, text: String, dedupeKey: String) throws(MailError) {
        guard MailAddress.isFit(to.reveal()) else { throw .addressNotValid }
        guard (1...Self.subjectBytesMax).contains(subject.utf8.count),
            !subject.unicodeScalars.contains(where: \.isControl)
        else { throw .subjectNotValid }
        guard text.utf8.count <= Self.textBytesMax else { throw .textTooLong }
        guard (1...Self.dedupeKeyBytesMax).contains(dedupeKey.utf8.count) else { throw .dedupeKeyNotValid }
        self.to = to
        self.subject = subject
        self.text = text
        self.dedupeKey = dedupeKey
    }
}

/// What a mail cannot be made of. No case carries the address.
public enum MailError: Error, Equatable {
    /// The address is no `local@domain` of ASCII, or longer than 254 bytes.
    case addressNotValid
    /// The subject is empty, too long, or has a control character such as a line break.
    case subjectNotValid
    /// The text is too long.
    case textTooLong
    /// The de-duplication key is empty or too long.
    case dedupeKeyNotValid
}

/// Sends mail: through SMTP, or into a folder.
public protocol Mailer: Sendable {
    /// Hands the mail over, and returns once the other side has it for good.
    ///
    /// At least once: after an error it may have been sent all the same, and the caller may send it again. Every send
    /// of the same mail carries the same `Message-ID`, made of the mail's de-duplication key. Throws `MailerError`.
    func send(_ mail: Mail) async throws
}

/// Why a mail was not handed over. The reasons are codes, without addresses or text.
public enum MailerError: Error, Equatable {
    /// The other side refuses this mail and always will: no such mailbox (SMTP 5xx). Not to be tried again.
    case refused(reason: String)
    /// It could not be handed over now, or that is not known: try again.
    case unavailable(reason: String)
}

extension Unicode.Scalar {
    /// Line breaks of every kind, and what else has no place in a line.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029 }
}
