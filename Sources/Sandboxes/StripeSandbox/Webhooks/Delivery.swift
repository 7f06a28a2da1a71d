import Kernel

/// One event on its way to one endpoint.
struct Delivery: Sendable {
    enum Status: String, Sendable {
        /// Waits for its time.
        case pending
        /// Held back until somebody releases it.
        case held
        /// Under way now.
        case sending
        /// Acknowledged.
        case delivered
        /// Given up, because of time or because its endpoint is gone.
        case failed
        /// Lost on purpose: never sent.
        case lost
    }

    /// One try and what came back.
    struct Attempt: Sendable {
        let at: Timestamp
        /// The receiver's status, if it answered.
        let status: Int?
        /// Why there was no answer.
        let failure: String?
        /// The beginning of what it answered.
        let answer: String
    }

    let id: Int
    let eventID: String
    let type: String
    let endpointID: String
    let firstDue: Timestamp
    var due: Timestamp
    /// Among those due at one time the lower goes first.
    var order: Int
    var status: Status
    var attempts: [Attempt] = []
}

/// When a failed delivery is tried again.
struct RetrySchedule: Sendable {
    /// How many times faster than Stripe.
    let speed: Int64

    /// 5 min, 30 min, 2 h, 5 h, 10 h, then every 12 h until 72 h after the first try; nil when it is given up.
    func next(after attemptCount: Int, firstDue: Timestamp, now: Timestamp) -> Timestamp? {
        let gaps: [Int64] = [5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600]
        let gap = attemptCount <= gaps.count ? gaps[max(0, attemptCount - 1)] : 12 * 3600
        // At least a little later, or one look at the clock would try for ever.
        let next = now.adding(.milliseconds(max(1, gap * 1000 / max(1, speed))))
        return next.since(firstDue) > .milliseconds(72 * 3_600_000 / max(1, speed)) ? nil : next
    }
}
