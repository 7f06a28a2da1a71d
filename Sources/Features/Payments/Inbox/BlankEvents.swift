internal import Database
internal import Jobs
internal import Kernel

/// Blanks the payloads of events that were applied or ignored long ago: they hold names, addresses and the client
/// secrets of intents. The event's row stays, so that it is still taken once. What waits or is dead keeps its payload.
/// Repeating is harmless.
struct BlankEvents: JobArguments {
    static let kind = "payments.blank_events"
    /// How long payloads are kept after they were applied: Stripe sends an event again for 3 days, and a dispute may
    /// come after 75.
    static let retention = Duration.seconds(90 * 86_400)
    /// The most in one transaction, and how many transactions in one run; the next run goes on.
    static let batchMax = 1000
    static let batchesMax = 50

    static let schedule = Schedule("payments.blank_events", every: .seconds(3600), BlankEvents())

    static func definition(database: any Database) -> JobDefinition {
        JobDefinition(BlankEvents.self, policy: JobPolicy(attemptsMax: 2, timeLimit: .seconds(300))) { _, context in
            let now = context.now
            for _ in 0..<Self.batchesMax {
                let blanked = try await database.write { tx in
                    try tx.execute(
                        """
                        UPDATE webhook_events SET payload = \([UInt8]()), blanked_at_ms = \(now)
                        WHERE id IN (
                            SELECT id FROM webhook_events
                            WHERE blanked_at_ms IS NULL AND processed_at_ms IS NOT NULL
                                AND processed_at_ms <= \(now.adding(.zero - Self.retention))
                            ORDER BY processed_at_ms LIMIT \(Self.batchMax))
                        """)
                }
                if blanked < Self.batchMax { return }
            }
        }
    }
}
