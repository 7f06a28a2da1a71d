private import Synchronization

/// A line on standard error that is drawn over itself while work is under way; nothing where nobody watches.
public final class ProgressBar: Sendable {
    private static let width = 24
    private let isShown: Bool
    private let lastLength = Mutex(0)

    /// A bar; shown only when standard error is a terminal.
    public init() { isShown = Terminal.isInteractive }

    /// Draws what is done of a step: `share` is 0 to 1.
    public func show(_ step: String, share: Double, _ detail: String) {
        let full = Int(min(max(share, 0), 1) * Double(Self.width))
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: Self.width - full)
        draw("\(step)  [\(bar)]  \(detail)")
    }

    /// Leaves the line empty for what comes next.
    public func clear() { draw("") }

    private func draw(_ line: String) {
        guard isShown else { return }
        let rest = lastLength.withLock { last -> Int in
            defer { last = line.count }
            return max(0, last - line.count)
        }
        Terminal.write("\r\(line)\(String(repeating: " ", count: rest))\r", toErrors: true)
    }
}
