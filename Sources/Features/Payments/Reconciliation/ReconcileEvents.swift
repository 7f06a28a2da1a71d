internal import Database
internal import Kernel
internal import StripeClient

/// Events that no webhook brought: those of the period that the inbox does not have go through it, oldest first within
/// a page, as if they had come now (law 5). A webhook that comes later is then a repeat.
///
/// Cost of a page: one request, one query, and a transaction for each event that is new.
struct ReconcileEvents: ReconciledObjects {
    let database: any Database
    let stripe: StripeGateway
    let inbox: Inbox
    /// At most 20 types that a handler waits for; others would change nothing.
    let types: [String]
    let name: String

    /// How long Stripe keeps events, less an hour.
    static let kept = Duration.seconds(30 * 86_400 - 3600)

    /// All types that the inbox handles, in as many lists as Stripe asks for.
    static func all(_ database: any Database, _ stripe: StripeGateway, _ inbox: Inbox) -> [ReconcileEvents] {
        let types = inbox.handlers.keys.sorted()
        return stride(from: 0, to: types.count, by: 20).map { first in
            ReconcileEvents(
                database: database, stripe: stripe, inbox: inbox,
                types: Array(types[first..<min(first + 20, types.count)]),
                name: first == 0 ? "events" : "events_\(first / 20 + 1)")
        }
    }

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        let oldest = run.startedAt.adding(.zero - Self.kept)
        guard let span = ReconciliationPeriod(since: max(run.period.since, oldest), until: run.period.until) else {
            return ReconciledPage(count: 0, cursor: nil)
        }
        let list = try await stripe.events(of: types, in: span, after: cursor)
        var page = ReconciledPage(list)
        page.reached = list.data.last?.created
        let ids = list.data.map(\.id.rawValue)
        guard !ids.isEmpty else { return page }
        let known = try await database.read { tx in
            Set(
                try tx.rows(
                    .among("SELECT stripe_event_id FROM webhook_events WHERE stripe_event_id IN", ids)
                ).map { try $0.text("stripe_event_id") })
        }
        for listed in list.data.reversed() where !known.contains(listed.id.rawValue) {
            if run.isDryRun {
                page.tally.did(.eventsTaken)
            } else if case .taken = try await inbox.take(
                SignedEvent(verified: listed.payload), rawBody: listed.payload, path: Self.path)
            {
                page.tally.did(.eventsTaken)
            }
        }
        return page
    }

    /// What stands where a webhook's path would.
    static let path = "reconciliation"
}
