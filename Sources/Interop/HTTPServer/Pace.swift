import Kernel

/// How fast bytes go in one direction of a connection, window by window.
struct Pace {
    private var windowBytes: UInt64
    private var windowSinceMs: Int64

    /// Begins to measure with a count of bytes.
    init(bytes: UInt64, sinceMs: Int64) {
        windowBytes = bytes
        windowSinceMs = sinceMs
    }

    /// Whether a window has ended in which less went than must; then another begins.
    mutating func isTooSlow(bytes: UInt64, nowMs: Int64, options: HTTPServerOptions) -> Bool {
        let elapsedMs = nowMs - windowSinceMs
        guard options.rateBytesPerSecondMin > 0, elapsedMs >= options.rateWindow.milliseconds else { return false }
        let wanted = Int64(options.rateBytesPerSecondMin) * elapsedMs / 1000
        let went = Int64(clamping: bytes &- windowBytes)
        windowBytes = bytes
        windowSinceMs = nowMs
        return went < wanted
    }

    /// So much time passed in which the peer could do nothing.
    mutating func pause(forMs pausedMs: Int64) { windowSinceMs += pausedMs }
}
