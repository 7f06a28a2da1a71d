import HTTP
import Kernel

/// How far a loop that was asked to stop has come.
struct Draining {
    enum Step {
        /// Requests in flight may end by themselves.
        case waiting
        /// The tasks that still run are cancelled.
        case cancelled
        /// Their requests are answered without them.
        case forced
    }

    /// When the next step is due, in milliseconds of the loop's clock.
    var deadlineMs: Int64
    var step: Step
}

extension EventLoop {
    private var graceMs: Int64 { service.options.cancelGrace.milliseconds }

    /// Stops to accept, and closes what is idle.
    func beginDrain(within limit: Duration, in group: LoopGroup) {
        // Whom the kernel has already accepted for us is served; afterwards a newcomer is refused. Also where the loop
        // paused, and not for ever, as more may come all the while.
        if draining == nil { for _ in 0...Listener.waitingMax / Self.acceptedAtOnce where !accept(in: group) { break } }
        listener = nil
        listens = false
        if group.isFirst(self) { group.passOn(within: limit) }
        let deadlineMs = nowMs + max(0, limit.milliseconds)
        draining = Draining(deadlineMs: min(deadlineMs, draining?.deadlineMs ?? .max), step: draining?.step ?? .waiting)
        for connection in connections.values { connection.closeIfIdle() }
    }

    /// Takes the next step of draining when it is due; true when nothing is left to wait for.
    func hasDrained() -> Bool {
        guard let now = draining else { return false }
        // A socket that this loop gave to itself a moment ago is still in its inbox.
        if connections.isEmpty, arrivals.isEmpty, lingerers.isEmpty, !hasMessages { return true }
        guard nowMs >= now.deadlineMs else { return false }
        switch now.step {
        case .waiting:
            for connection in connections.values { connection.cancel() }
            draining = Draining(deadlineMs: nowMs + graceMs, step: .cancelled)
        case .cancelled:
            answerForHandlers()
            draining = Draining(deadlineMs: nowMs + graceMs, step: .forced)
        case .forced:
            answerForHandlers()
            return true
        }
        return false
    }

    /// Ends what is still being made. libmicrohttpd ends the process when it is stopped while a connection is suspended.
    private func answerForHandlers() {
        for connection in connections.values {
            connection.streamed?.breakOff()
            guard let exchange = connection.exchange else { continue }
            _ = exchange.take(Problem.stopping.response(requestID: exchange.requestID))
        }
    }
}
