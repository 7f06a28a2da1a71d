public import Database
internal import Kernel
public import StripeClient

/// What a handler made of an event (`status` and `actions` of the brief).
public enum EventOutcome: Sendable, Equatable {
    /// It changed something, or was known already; a stable word says what.
    case applied(String)
    /// It is acknowledged and kept, and changes nothing; a stable word says why.
    case ignored(String)
    /// It cannot be applied yet; a stable word says what is missing. It is tried again from the job table.
    case waiting(String)
    /// It does not look as any known version says, and sending it again changes nothing: a dead letter at once, which
    /// a later release may read. Names the field, never its value.
    case unreadable(String)

    /// Which of two handlers' outcomes the event's is: what waits is tried again; else what was not read is told; else
    /// what was applied.
    static func more(_ one: EventOutcome, _ other: EventOutcome) -> EventOutcome {
        other.weight > one.weight ? other : one
    }

    private var weight: Int {
        switch self {
        case .ignored: 0
        case .applied: 1
        case .unreadable: 2
        case .waiting: 3
        }
    }
}

/// Applies one type of event, inside the transaction that stores it (law 5).
///
/// Of several handlers of one type all run, in their order, each in a savepoint of its own: what one cannot apply yet
/// does not hold up the others, and all are asked again. It may run again for the same event, after newer events, and before the rows that it is about exist (law 6).
public protocol EventHandler: Sendable {
    /// The types that it handles.
    var types: [String] { get }
    /// Applies an event. A throw undoes what it did; the event is then tried again from the job table, but for
    /// `StripeShapeError`, which makes it a dead letter. What is to be logged is noted, and written when the
    /// transaction is durable.
    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome
}

/// An event as it is stored.
struct StoredEvent: Sendable {
    enum State: String, Sendable {
        case applied, ignored, waiting, dead
    }

    let id: String
    let stripeEventID: String
    let type: String
    let state: State
    let outcome: String
    let payload: [UInt8]
}

/// Events in the database, within a transaction.
struct EventRepository {
    let tx: Transaction

    /// Whether an event is stored.
    func isStored(_ id: StripeEventID) throws -> Bool {
        try tx.row("SELECT 1 AS one FROM webhook_events WHERE stripe_event_id = \(id.rawValue)") != nil
    }

    /// Stores an event with what this transaction made of it, once; false when another has stored it meanwhile.
    func insert(
        id: String, signed: SignedEvent, livemode: Bool, path: String, payload: [UInt8], _ outcome: EventOutcome,
        at: Timestamp
    ) throws -> Bool {
        // What cannot be read says nothing of these; it is this environment's, by its secret.
        let event = try? signed.reading.get()
        let (state, word, isProcessed) =
            switch outcome {
            case .applied(let word): (StoredEvent.State.applied, word, true)
            case .ignored(let word): (.ignored, word, true)
            case .waiting(let word): (.waiting, word, false)
            case .unreadable(let reason): (.dead, reason, false)
            }
        let named = event.flatMap(OrderObject.orderID)
        let intent = event.flatMap(OrderObject.paymentIntentID)
        return try tx.inserts(
            """
            INSERT INTO webhook_events (id, stripe_event_id, type, api_version, livemode, path, payload, state,
                outcome, order_id, stripe_created_at_ms, received_at_ms, processed_at_ms)
            VALUES (\(id), \(signed.id.rawValue), \(signed.type), \(event?.apiVersion),
                \(event?.livemode ?? livemode), \(path), \(payload), \(state.rawValue), \(word),
                COALESCE((SELECT id FROM orders WHERE id = \(named)),
                    (SELECT order_id FROM payment_attempts WHERE stripe_payment_intent_id = \(intent)),
                    (SELECT order_id FROM payments WHERE stripe_payment_intent_id = \(intent))), \(event?.created ?? at), \(at), \(isProcessed ? at : nil))
            """, unless: "stripe_event_id")
    }

    func update(_ id: String, state: StoredEvent.State, outcome: String, orderID: OrderID?, at: Timestamp?) throws {
        try tx.send(
            """
            UPDATE webhook_events SET state = \(state.rawValue), outcome = \(outcome),
                order_id = COALESCE(\(orderID), order_id), processed_at_ms = \(at)
            WHERE id = \(id)
            """)
    }

    /// The stored event, held against other workers until the transaction ends.
    func lock(_ id: String) throws -> StoredEvent? {
        try tx.row(
            """
            SELECT id, stripe_event_id, type, state, outcome, payload FROM webhook_events
            WHERE id = \(id)\(unsafe: tx.forUpdate)
            """
        ).map { row in
            guard let state = StoredEvent.State(rawValue: try row.text("state")) else {
                throw DatabaseError.unexpectedColumn("state")
            }
            return StoredEvent(
                id: try row.text("id"), stripeEventID: try row.text("stripe_event_id"), type: try row.text("type"),
                state: state, outcome: try row.text("outcome"), payload: try row.blob("payload"))
        }
    }
}
