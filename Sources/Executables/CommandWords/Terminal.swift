private import Glibc
private import Synchronization

/// The process's own standard streams.
public enum Terminal {
    /// Writes all of `text` to standard output, or to standard error.
    public static func write(_ text: String, toErrors: Bool = false) {
        turn.withLock { _ in writeAlone(text, toErrors: toErrors) }
    }

    /// Writes text to standard error as the last that anybody writes, and ends the process with `end`.
    public static func writeLast(_ text: String, end: () -> Never) -> Never {
        turn.withLock { _ in
            writeAlone(text, toErrors: true)
            end()
        }
    }

    /// Whose turn it is to write.
    private static let turn = Mutex(())

    private static func writeAlone(_ text: String, toErrors: Bool) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(toErrors ? 2 : 1, buffer.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            written += count
        }
    }

    /// Whether somebody watches standard error.
    public static var isInteractive: Bool { isatty(2) == 1 }
}
