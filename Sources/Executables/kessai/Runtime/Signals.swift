private import Dispatch
private import Glibc
private import Synchronization

/// Waits for SIGTERM or SIGINT. The second of either ends the process at once.
enum Signals {
    /// Returns when the process is asked to end, or when the task is cancelled.
    static func untilAskedToEnd() async {
        let waiter = Waiter()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in waiter.begin(continuation) }
        } onCancel: {
            waiter.finish()
        }
    }

    /// SIGHUPs as they come; those that come while one is acted on are one. `finish` ends them.
    static func hangUps() -> (signals: AsyncStream<Void>, finish: @Sendable () -> Void) {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        // The handler holds its source: a source that is released hears nothing.
        source.setEventHandler {
            continuation.yield()
            withExtendedLifetime(source) {}
        }
        source.resume()
        return (signals, { continuation.finish() })
    }

    private final class Waiter: Sendable {
        private struct State {
            var continuation: CheckedContinuation<Void, Never>?
            var finished = false
        }
        private let state = Mutex(State())

        func begin(_ continuation: CheckedContinuation<Void, Never>) {
            let isOver = state.withLock { state -> Bool in
                if state.finished { return true }
                state.continuation = continuation
                return false
            }
            if isOver { return continuation.resume() }
            for number in [SIGTERM, SIGINT] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                // The handler holds its source: a source that is released hears nothing. It is let go by the cancel.
                source.setEventHandler { [self] in
                    for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
                    source.cancel()
                    finish()
                }
                source.setCancelHandler {}
                source.resume()
            }
        }

        func finish() {
            let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.finished = true
                defer { state.continuation = nil }
                return state.continuation
            }
            continuation?.resume()
        }
    }
}
