private import Glibc
private import Synchronization

/// The process's own standard streams.
public enum Terminal {
    /// What became of standard output.
    private enum Output {
        /// All of it arrived so far.
        case whole
        /// Its reader left (`| head`), and wants no more.
        case left
        /// It cannot be written, and somebody was told.
        case lost
    }

    /// Whose turn it is to write.
    private static let turn = Mutex(())
    /// What became of standard output. Apart from the turn, which a reader that stands still may hold for ever.
    private static let output = Mutex(Output.whole)

    /// Makes the streams safe to write, before anything else is opened: a reader that leaves ends nothing that is under way, and
    /// a stream that was closed from the beginning does not become a file's or a socket's.
    public static func begin() {
        signal(SIGPIPE, SIG_IGN)
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest that is free, which is this one; only reading, so that what is written is known to be lost.
            _ = open("/dev/null", O_RDONLY)
        }
    }

    /// Writes all of `text` to standard output, or to standard error. When standard output cannot be written, for another
    /// reason than that its reader left, standard error says so once, and the process must not end well:
    /// ``status(after:)``.
    public static func write(_ text: String, toErrors: Bool = false) {
        turn.withLock { _ in
            if toErrors {
                _ = writeAlone(text, to: 2)
                return
            }
            guard output.withLock({ $0 == .whole }), let fault = writeAlone(text, to: 1) else { return }
            output.withLock { $0 = fault == EPIPE ? .left : .lost }
            guard fault != EPIPE else { return }
            _ = writeAlone(
                "\(program): standard output cannot be written: \(String(cString: strerror(fault)))\n", to: 2)
        }
    }

    /// Writes text to standard error as the last that anybody writes, and ends the process with `end`.
    public static func writeLast(_ text: String, end: () -> Never) -> Never {
        turn.withLock { _ in
            _ = writeAlone(text, to: 2)
            end()
        }
    }

    /// How the process ends: as it would, unless it would end well and what it said was lost.
    public static func status(after status: ExitStatus) -> ExitStatus {
        status == .success && output.withLock({ $0 == .lost }) ? .failure : status
    }

    /// Whether somebody watches standard error.
    public static var isInteractive: Bool { isatty(2) == 1 }

    /// The name that the process was called by.
    private static var program: Substring {
        (CommandLine.arguments.first ?? "").split(separator: "/").last ?? "kessai"
    }

    /// Returns why not all was written; nil when it was.
    private static func writeAlone(_ text: String, to descriptor: Int32) -> Int32? {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count > 0 {
                written += count
                continue
            }
            switch count == 0 ? EIO : errno {
            case EINTR: continue
            case EAGAIN:
                // Somebody made it non-blocking, as a terminal that is shared with another program; its reader is slow.
                var stream = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&stream, 1, -1)
            case let fault: return fault
            }
        }
        return nil
    }
}
