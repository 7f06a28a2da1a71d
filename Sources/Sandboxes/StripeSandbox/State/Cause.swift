import Kernel

/// When something happens and which request makes it happen; none for what happens by itself.
struct Cause: Sendable {
    let at: Timestamp
    var requestID: String?
    var idempotencyKey: String?

    /// Seconds since the epoch, as Stripe writes times.
    var seconds: Int64 { at.epochSeconds }
}
