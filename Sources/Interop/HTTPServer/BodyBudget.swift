import Synchronization

/// What all large bodies that arrive, or are being answered, may hold together: each connection alone may have one, and all of
/// them together would be more memory than a machine has.
final class BodyBudget: Sendable {
    /// So much of each body is not counted, and never refused: more than an event of Stripe as a rule has.
    static let freeBytes = 64 << 10

    private let left: Atomic<Int>

    init(bytes: Int) { left = Atomic(bytes) }

    /// Takes so many bytes of it; false when there are not as many left.
    func take(_ bytes: Int) -> Bool {
        if left.subtract(bytes, ordering: .relaxed).newValue >= 0 { return true }
        giveBack(bytes)
        return false
    }

    /// Gives bytes back that were taken.
    func giveBack(_ bytes: Int) { left.add(bytes, ordering: .relaxed) }
}
