internal import CommandWords
private import Dispatch
internal import Kernel
internal import KessaiApp
private import Synchronization

/// Writes log lines to standard error on a queue of its own, so that a slow reader of the log never holds up a request.
/// When 10,000 lines wait, further ones are counted and dropped, and the count is written once there is room (law 14).
final class LogWriter: Sendable {
    private static let waitingMax = 10_000
    private let queue = DispatchQueue(label: "kessai.log")
    private let state = Mutex<(waiting: Int, dropped: Int)>((0, 0))

    /// A log that writes here.
    func log(clock: any WallClock, minimum: Log.Level) -> Log {
        Log(clock: clock, minimum: minimum) { [self] line in write(line.json) }
    }

    /// Waits until everything is written.
    func flush() { queue.sync {} }

    private func write(_ line: String) {
        let isRoom = state.withLock { state -> Bool in
            guard state.waiting < Self.waitingMax else {
                state.dropped += 1
                return false
            }
            state.waiting += 1
            return true
        }
        guard isRoom else { return }
        queue.async { [self] in
            Terminal.write(line + "\n", toErrors: true)
            let dropped = state.withLock { state -> Int in
                state.waiting -= 1
                defer { state.dropped = 0 }
                return state.dropped
            }
            if dropped > 0 {
                Terminal.write("{\"event\":\"log_lines_dropped\",\"count\":\(dropped)}\n", toErrors: true)
            }
        }
    }
}

extension Log {
    /// Warnings of the settings, as a process begins.
    func tell(_ warnings: [SettingsFinding]) {
        for finding in warnings {
            warning("configuration", ["setting": .string(finding.name), "detail": .string(finding.detail)])
        }
    }
}
