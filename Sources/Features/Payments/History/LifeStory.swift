public import Database
internal import JSON
internal import Jobs
public import Kernel

/// The life of an order as a causal list: requests, intents and their keys, Stripe's events, postings and jobs.
public struct LifeStory: Sendable {
    /// One line of the story.
    public struct Line: Sendable {
        /// When.
        public let at: Timestamp
        /// `history`, `event`, `posting` or `job`.
        public let source: String
        /// What happened.
        public let what: String
        /// What set it off, as `request req_…`, `event evt_…`; empty when it stands for itself.
        public let cause: String
        /// Facts, as `name=value`.
        public let facts: [(name: String, value: String)]
    }

    /// The order.
    public let order: Order
    /// The story, oldest first.
    public let lines: [Line]

    /// Reads the story of an order; nil when there is no such order.
    public static func read(_ reference: OrderReference, from database: any Database, clock: any WallClock) async throws
        -> LifeStory?
    {
        let found = try await database.read { tx -> (order: Order, lines: [Line], events: [Line])? in
            guard let order = try OrderRepository(tx: tx).find(reference) else { return nil }
            return (order, try history(order.id, tx) + postings(order.id, tx), try events(order.id, tx))
        }
        guard let found else { return nil }
        let jobs = try await JobAdministration(database: database, clock: clock).jobs(
            subject: found.order.id.rawValue)
        return LifeStory(order: found.order, lines: told(found.lines + jobs.map(line), among: found.events))
    }

    /// Within one moment the lines keep their order: what happened, what was booked for it, what is to be done for it.
    /// An event stands before the first of its effects.
    private static func told(_ lines: [Line], among events: [Line]) -> [Line] {
        var told = lines.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        for event in events {
            let place = told.firstIndex { $0.at > event.at || ($0.at == event.at && $0.cause == event.cause) }
            told.insert(event, at: place ?? told.endIndex)
        }
        return told
    }

    private static func history(_ id: OrderID, _ tx: Transaction) throws -> [Line] {
        try OrderHistory.entries(of: id, in: tx).map { entry in
            Line(
                at: entry.at, source: "history", what: entry.kind, cause: "\(entry.causeKind) \(entry.causeID)",
                facts: (entry.detail.object?.members ?? []).filter { !$0.value.isNull }.map {
                    (name: $0.name, value: $0.value.string ?? $0.value.text())
                })
        }
    }

    private static func events(_ id: OrderID, _ tx: Transaction) throws -> [Line] {
        try tx.rows(
            """
            SELECT stripe_event_id, type, state, outcome, path, received_at_ms FROM webhook_events
            WHERE order_id = \(id) ORDER BY received_at_ms, id
            """
        ).map { row in
            Line(
                at: try row.time("received_at_ms"), source: "event", what: try row.text("type"),
                cause: "event \(try row.text("stripe_event_id"))",
                facts: [
                    (name: "state", value: try row.text("state")), (name: "outcome", value: try row.text("outcome")),
                    (name: "path", value: try row.text("path")),
                ])
        }
    }

    private static func postings(_ id: OrderID, _ tx: Transaction) throws -> [Line] {
        try Journal.postings(of: id, in: tx).map { posting in
            Line(
                at: posting.at, source: "posting", what: posting.account, cause: "\(posting.kind) \(posting.sourceID)",
                facts: [(name: "amount", value: posting.amount.description)])
        }
    }

    private static func line(_ job: Job) -> Line {
        Line(
            at: job.createdAt, source: "job", what: job.kind, cause: "job \(job.id.rawValue)",
            facts: [(name: "state", value: job.state.rawValue), (name: "attempt", value: String(job.attempt))]
                + (job.lastError.map { [(name: "error", value: $0)] } ?? []))
    }
}
