public import Database
public import Kernel

/// Forgets keys whose time is over. To be called now and then, by a scheduled job; safe to repeat.
public struct PruneIdempotencyKeys: Sendable {
    private static let batchMax = 1000
    private let database: any Database
    private let clock: any WallClock

    /// Prunes this database.
    public init(database: any Database, clock: any WallClock) {
        self.database = database
        self.clock = clock
    }

    /// Removes what has expired, in transactions of at most 1000 rows; returns how many rows. Throws `DatabaseError`.
    @discardableResult
    public func run() async throws -> Int {
        let now = clock.now()
        var removed = 0
        while true {
            let batch = try await database.write { tx in
                try tx.execute(
                    """
                    DELETE FROM idempotency_keys WHERE (scope, idempotency_key) IN (
                        SELECT scope, idempotency_key FROM idempotency_keys WHERE expires_at_ms <= \(now)
                        ORDER BY expires_at_ms LIMIT \(Self.batchMax))
                    """)
            }
            removed += batch
            if batch < Self.batchMax { return removed }
        }
    }
}
