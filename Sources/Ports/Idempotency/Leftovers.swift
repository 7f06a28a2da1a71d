private import Synchronization

/// Claims to be freed when the database is back: at most a thousand, of which a request takes a hundred along (law 14).
/// What finds no room waits for its lease.
final class Leftovers: Sendable {
    static let countMax = 1_000
    static let takenMax = 100

    private let claims = Mutex<[IdempotencyStore.Claim]>([])

    func add(_ more: [IdempotencyStore.Claim]) {
        guard !more.isEmpty else { return }
        claims.withLock { claims in claims += more.prefix(Self.countMax - claims.count) }
    }

    /// Some of them, to be given back when they could not be freed.
    func take() -> [IdempotencyStore.Claim] {
        claims.withLock { claims in
            let taken = Array(claims.prefix(Self.takenMax))
            claims.removeFirst(taken.count)
            return taken
        }
    }
}
