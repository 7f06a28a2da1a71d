internal import Database
internal import JSON
internal import Kernel
internal import KernelTesting
internal import KessaiApp
public import Payments
internal import StripeSandbox
internal import Testing

extension World {
    /// Reconciles the last two days, a second from now: by then its pace allows it a second's worth of requests, twenty,
    /// and no clock need be moved while it runs.
    @discardableResult
    public func reconcile(
        last duration: Duration = .seconds(172_800), isDryRun: Bool = false
    ) async throws -> ReconciliationStatement {
        clock.advance(by: .seconds(1))
        let period = try #require(ReconciliationPeriod(last: duration, at: clock.now()))
        return try await app.reconciliation.run(period, isDryRun: isDryRun)
    }

    /// From now on Stripe delivers no event at all.
    public func loseEvents() { sandbox.add(StripeSandboxFault(.loseEvents, times: nil)) }

    /// Keeps every event that Stripe has as if it had been stored and had no effect: what is healed after this is healed
    /// from the objects.
    public func forgetEvents() async throws {
        let events = try await listAtStripe("/v1/events")
        for event in events {
            let id = try #require(event["id"]?.string)
            let type = try #require(event["type"]?.string)
            try await alter(
                """
                INSERT INTO webhook_events (id, stripe_event_id, type, livemode, path, payload, state, outcome,
                    stripe_created_at_ms, received_at_ms, processed_at_ms)
                VALUES (\("forgotten-\(id)"), \(id), \(type), 0, '/', \([UInt8]("{}".utf8)), 'ignored', 'forgotten', 0, 0, 0)
                ON CONFLICT DO NOTHING
                """)
        }
    }

    /// The line of a statement about a kind in yen.
    public func line(
        _ subject: ReconciliationSubject, of statement: ReconciliationStatement
    ) throws -> ReconciliationStatement.Line {
        try #require(statement.lines.first { $0.subject == subject && $0.currency == .jpy })
    }
}
