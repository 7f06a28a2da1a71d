internal import Database
internal import JSON
internal import Jobs
internal import Kernel
internal import StripeClient

/// Takes every signed event once (law 5): stored and applied in one transaction, or not acknowledged.
struct Inbox: Sendable {
    let database: any Database
    let handlers: [String: any EventHandler]
    let livemode: Bool
    let installation: Installation
    let jobs: JobQueue
    let clock: any WallClock
    let ids: IDGenerator
    let log: Log

    /// What became of a delivery.
    enum Receipt: Sendable, Equatable {
        /// It is stored now.
        case taken(EventOutcome)
        /// It was stored before; nothing changed.
        case repeated
    }

    /// Stores and applies an event. Once this returns the event is durable and may be acknowledged; every throw means
    /// that it is not stored.
    func take(_ event: StripeEvent, rawBody: [UInt8], path: String) async throws -> Receipt {
        let receipt = try await database.write(loggingTo: log) { tx, notes -> Receipt in
            let now = clock.now()
            let events = EventRepository(tx: tx)
            let fresh = try events.insert(id: ids.uuid(), event: event, path: path, payload: rawBody, at: now)
            guard let id = fresh else { return .repeated }
            let outcome = try apply(event, in: tx, notes: notes)
            try store(outcome, of: event, id: id, in: tx)
            if case .waiting = outcome {
                try jobs.enqueue(
                    ApplyEvent(event: id), runAt: now.adding(.seconds(2)), dedupeKey: "payments.apply_event:\(id)",
                    subject: OrderObject.orderID(of: event)?.rawValue, in: tx)
            }
            return .taken(outcome)
        }
        report(receipt, of: event)
        return receipt
    }

    /// Applies a stored event that waits, for the job table. Returns what became of it; an event that is applied or
    /// ignored already stays so.
    func retry(_ id: String, last: Bool) async throws -> EventOutcome {
        let (event, outcome) = try await database.write(loggingTo: log) { tx, notes -> (StripeEvent?, EventOutcome) in
            guard let stored = try EventRepository(tx: tx).lock(id) else { return (nil, .ignored("gone")) }
            guard stored.state == .waiting || stored.state == .dead else { return (nil, .applied(stored.outcome)) }
            let event = try StripeEvent(verified: stored.payload)
            let outcome = try apply(event, in: tx, notes: notes)
            try store(outcome, of: event, id: id, last: last, in: tx)
            return (event, outcome)
        }
        if let event { report(.taken(outcome), of: event) }
        return outcome
    }

    /// The dispatcher (`_process_webhook_event`): by type, for this environment and this installation only.
    private func apply(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        guard event.livemode == livemode else { return .ignored("other_environment") }
        guard let handler = handlers[event.type] else { return .ignored("unhandled_type") }
        if let theirs = event.object["metadata"]?["kessai_installation"]?.string, theirs != installation.id {
            return .ignored("other_installation")
        }
        do {
            let inner = Notes()
            let outcome = try tx.savepoint { try handler.handle(event, in: tx, notes: inner) }
            notes.append(inner)
            return outcome
        } catch let error as DatabaseError where !error.isOfTheStatement {
            throw error
        } catch {
            // A fault in applying must not lose the event: it is stored, and applied again later.
            log.error(
                "event_not_applied",
                [
                    "event_id": .string(event.id.rawValue), "type": .string(event.type),
                    "error": .string(String(describing: error)),
                ])
            return .waiting("fault")
        }
    }

    private func store(
        _ outcome: EventOutcome, of event: StripeEvent, id: String, last: Bool = false, in tx: Transaction
    ) throws {
        let events = EventRepository(tx: tx)
        let order = try OrderObject.find(event, in: tx)
        switch outcome {
        case .applied(let word):
            try events.update(id, state: .applied, outcome: word, orderID: order, at: clock.now())
        case .ignored(let word):
            try events.update(id, state: .ignored, outcome: word, orderID: order, at: clock.now())
        case .waiting(let word):
            try events.update(id, state: last ? .dead : .waiting, outcome: word, orderID: order, at: nil)
        }
    }

    private func report(_ receipt: Receipt, of event: StripeEvent) {
        let log = log.with(["event_id": .string(event.id.rawValue), "type": .string(event.type)])
        switch receipt {
        case .repeated: log.info("event_repeated")
        case .taken(.applied(let word)): log.info("event_applied", ["outcome": .string(word)])
        case .taken(.ignored(let word)): log.info("event_ignored", ["outcome": .string(word)])
        case .taken(.waiting(let word)): log.warning("event_waits", ["outcome": .string(word)])
        }
    }
}

extension DatabaseError {
    /// Whether the statement or its data were refused, and the database itself is well: to repeat the transaction at
    /// once would end the same way.
    var isOfTheStatement: Bool {
        switch self {
        case .uniqueViolation, .foreignKeyViolation, .checkViolation, .notNullViolation, .refusedByTrigger,
            .unexpectedColumn, .unexpectedRowCount, .statement:
            true
        case .conflict, .unavailable, .commitUnknown, .overloaded, .diskFull, .schemaMismatch, .closed: false
        }
    }
}
