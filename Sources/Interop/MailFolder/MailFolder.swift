private import Crypto
private import Dispatch
private import Glibc
public import Kernel
public import Mail
private import Synchronization

/// Keeps mails as files instead of sending them: the mailbox of a server that has no SMTP.
///
/// Each mail is one `.eml` file, named by a hash of its de-duplication key: a repeat replaces the same file by the same
/// mail. A file is either whole or not there. Only the server's own user may look inside.
public final class MailFolder: Mailer {
    private let directory: String
    private let sender: MailSender
    private let clock: any WallClock
    /// Files are written here, one after the other, so that the disk never holds a thread of Swift's pool.
    private static let queue = DispatchQueue(label: "kessai.mail-folder")
    /// Mails that wait for the queue: their names are brought to disk together.
    private static let waiting = Mutex<[Waiting]>([])

    private struct Waiting: Sendable {
        let message: [UInt8]
        let name: String
        let directory: String
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// The folder at `directory`, which is made when the first mail comes.
    public init(directory: String, sender: MailSender, clock: any WallClock) {
        self.directory = directory
        self.sender = sender
        self.clock = clock
    }

    /// Writes the mail to disk, flushed and under its name. Throws `MailerError.unavailable` with the number of the
    /// system's error; a repeat is safe.
    public func send(_ mail: Mail) async throws {
        let message = mail.message(from: sender, at: clock.now())
        let name = Self.fileName(mail)
        let directory = directory
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let isFirst = Self.waiting.withLock { waiting in
                waiting.append(
                    Waiting(message: message, name: name, directory: directory, continuation: continuation))
                return waiting.count == 1
            }
            if isFirst { Self.queue.async { Self.writeAll() } }
        }
    }

    /// On the queue: all mails that wait.
    private static func writeAll() {
        let mails = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        var directories: [String: Result<Void, any Error>] = [:]
        let written = mails.map { mail in Result { try write(mail.message, to: mail.name, in: mail.directory) } }
        for (mail, result) in zip(mails, written) {
            guard case .success = result else {
                mail.continuation.resume(with: result)
                continue
            }
            let flushed = directories[mail.directory] ?? Result { try flush(mail.directory) }
            directories[mail.directory] = flushed
            mail.continuation.resume(with: flushed)
        }
    }

    /// The name of a mail's file.
    static func fileName(_ mail: Mail) -> String {
        Hex.encode(Digest.sha256(Array(mail.dedupeKey.utf8))) + ".eml"
    }

    private static func write(_ message: [UInt8], to name: String, in directory: String) throws {
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw unavailable("mkdir") }
        // Beside the process id no other name is needed: a process writes one file at a time.
        let temporary = "\(directory)/.\(name).\(getpid())"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw unavailable("open") }
        do {
            try write(message, file)
        } catch {
            close(file)
            unlink(temporary)
            throw error
        }
        guard close(file) == 0, rename(temporary, "\(directory)/\(name)") == 0 else {
            let failure = unavailable("rename")
            unlink(temporary)
            throw failure
        }
    }

    /// A new name is on disk only when the directory is.
    private static func flush(_ directory: String) throws {
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw unavailable("open") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw unavailable("fsync") }
    }

    private static func write(_ message: [UInt8], _ file: Int32) throws {
        var rest = message[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                throw unavailable("write")
            }
            rest = rest.dropFirst(written)
        }
        guard fsync(file) == 0 else { throw unavailable("fsync") }
    }

    private static func unavailable(_ call: String) -> MailerError { .unavailable(reason: "\(call): errno \(errno)") }
}
