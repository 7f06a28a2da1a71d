private import Glibc

/// The process's own standard streams.
public enum Terminal {
    /// Writes all of `text` to standard output, or to standard error.
    public static func write(_ text: String, toErrors: Bool = false) {
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
