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
    private let state = Mutex(State())

    /// What nobody has written yet. What comes while the queue writes is written together, by the next turn of it.
    private struct State {
        var lines = ""
        var waiting = 0
        var dropped = 0
        var isQueued = false
    }

    /// A log that writes here.
    func log(clock: any WallClock, minimum: Log.Level) -> Log {
        Log(clock: clock, minimum: minimum) { [self] line in write(line.json) }
    }

    /// Waits until everything is written, for two seconds at most: a reader that stands still keeps no process from ending.
    func flush() {
        let written = DispatchSemaphore(value: 0)
        queue.async { written.signal() }
        _ = written.wait(timeout: .now() + .seconds(2))
    }

    private func write(_ line: String) {
        let mustQueue = state.withLock { state -> Bool in
            guard state.waiting < Self.waitingMax else {
                state.dropped += 1
                return false
            }
            state.lines += line
            state.lines += "\n"
            state.waiting += 1
            defer { state.isQueued = true }
            return !state.isQueued
        }
        if mustQueue { queue.async { [self] in writeWaiting() } }
    }

    private func writeWaiting() {
        let (lines, dropped) = state.withLock { state in
            defer { state = State() }
            return (state.lines, state.dropped)
        }
        Terminal.write(lines, toErrors: true)
        if dropped > 0 {
            Terminal.write("{\"event\":\"log_lines_dropped\",\"count\":\(dropped)}\n", toErrors: true)
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
