internal import HTTP
internal import Kernel
private import Synchronization

/// Tells the log of refusals, at most once in ``pauseMs`` for each kind: who is refused a thousand times a second must not fill the log
/// as well. Addresses are not told.
final class RefusalTally: Sendable {
    /// The least time between two lines of a kind, in milliseconds.
    static let pauseMs: Int64 = 10_000

    private struct Entry {
        var toldAtMs = Int64.min
        var count: Int64 = 0
    }

    private let clock: any WallClock
    private let log: Log
    private let entries = Mutex<[String: Entry]>([:])

    init(clock: any WallClock, log: Log) {
        self.clock = clock
        self.log = log
    }

    /// Counts a refusal, and tells how many there were since the last line when its time has come.
    func count(_ kind: RateClass, by whom: Log.Value) {
        let nowMs = clock.now().epochMs
        let refused = entries.withLock { entries -> Int64? in
            var entry = entries["\(kind) \(whom)"] ?? Entry()
            entry.count += 1
            defer { entries["\(kind) \(whom)"] = entry }
            let isQuiet = nowMs >= entry.toldAtMs && nowMs < entry.toldAtMs &+ Self.pauseMs
            guard entry.toldAtMs == .min || !isQuiet else { return nil }
            defer { entry = Entry(toldAtMs: nowMs) }
            return entry.count
        }
        guard let refused else { return }
        log.warning("rate_limited", ["class": .string(kind.rawValue), "by": whom, "refused": .int(refused)])
    }
}
