internal import Database
internal import JSON
internal import Jobs
internal import Kernel
internal import StripeClient

/// Takes every signed event once (law 5): stored and applied in one transaction, or not acknowledged.
struct Inbox: Sendable {
    let database: any Database
    /// By type, in the order in which they run.
    let handlers: [String: [any EventHandler]]
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

    /// Stores and applies an event. Once this returns the event is durable and may be acknowledged; every throw but
    /// `DatabaseError.commitUnknown` means that it is not stored. After that one it may be, and is then found `repeated`
    /// when Stripe sends it again.
    func take(_ signed: SignedEvent, rawBody: [UInt8], path: String) async throws -> Receipt {
        // Before the transaction, whose thread all writers share; other events carry no proof of a purchase.
        let payload = signed.type.hasPrefix("checkout.") ? StoredPayload.of(rawBody) : rawBody
        let receipt: Receipt
        do {
            receipt = try await database.write(loggingTo: log) { tx, notes -> Receipt in
                let events = EventRepository(tx: tx)
                if try events.isStored(signed.id) { return .repeated }
                let id = ids.uuid()
                let outcome = try apply(signed.reading, in: tx, notes: notes)
                // Last, so that its row is written once and says what became of it.
                guard
                    try events.insert(
                        id: id, signed: signed, livemode: livemode, path: path, payload: payload, outcome,
                        at: clock.now())
                else { throw StoredMeanwhile() }
                try again(id, after: outcome, of: signed.reading, in: tx)
                return .taken(outcome)
            }
        } catch is StoredMeanwhile {
            receipt = .repeated
        }
        report(receipt, id: signed.id, type: signed.type)
        return receipt
    }

    /// The same event came twice at once, and the other has committed: what this one did is undone.
    private struct StoredMeanwhile: Error {}

    /// What is not settled yet is asked again.
    private func again(
        _ id: String, after outcome: EventOutcome, of reading: Result<StripeEvent, StripeShapeError>, in tx: Transaction
    ) throws {
        let job = ApplyEvent(event: id)
        let runAt: Timestamp?
        switch outcome {
        case .applied, .ignored: return
        case .waiting: runAt = clock.now().adding(.seconds(2))
        // It ends as a dead letter at once, with its reason, for an operator to replay.
        case .unreadable: runAt = nil
        }
        var order: OrderID?
        // A job that waits for its order is about that order, although we do not know it yet.
        if case .success(let event) = reading {
            order = try OrderObject.orderID(of: event) ?? OrderObject.find(event, in: tx)
        }
        try jobs.enqueue(job, runAt: runAt, dedupeKey: job.dedupeKey, subject: order?.rawValue, in: tx)
    }

    /// Applies a stored event that waits, for the job table. Returns what became of it; an event that is applied or
    /// ignored already stays so.
    func retry(_ id: String, last: Bool) async throws -> EventOutcome {
        let (stored, outcome) = try await database.write(loggingTo: log) { tx, notes -> (StoredEvent?, EventOutcome) in
            guard let stored = try EventRepository(tx: tx).lock(id) else { return (nil, .ignored("gone")) }
            guard stored.state == .waiting || stored.state == .dead else { return (nil, .applied(stored.outcome)) }
            let reading = Result { () throws(StripeShapeError) in try StripeEvent(verified: stored.payload) }
            let outcome = try apply(reading, in: tx, notes: notes)
            try store(outcome, of: reading, id: id, last: last, in: tx)
            return (stored, outcome)
        }
        if let stored { report(.taken(outcome), id: StripeEventID(stored.stripeEventID), type: stored.type) }
        return outcome
    }

    /// The dispatcher (`_process_webhook_event`): by type, for this environment and this installation only.
    private func apply(
        _ reading: Result<StripeEvent, StripeShapeError>, in tx: Transaction, notes: Notes
    ) throws -> EventOutcome {
        let event: StripeEvent
        switch reading {
        case .success(let read): event = read
        case .failure(let fault): return .unreadable(fault.description)
        }
        guard event.livemode == livemode else { return .ignored("other_environment") }
        guard let handlers = handlers[event.type] else { return .ignored("unhandled_type") }
        if let theirs = event.object["metadata"]?[Installation.mark]?.string, theirs != installation.id {
            return .ignored("other_installation")
        }
        var outcome: EventOutcome?
        for handler in handlers {
            let next = try apply(event, by: handler, in: tx, notes: notes)
            outcome = outcome.map { EventOutcome.more($0, next) } ?? next
        }
        return outcome ?? .ignored("unhandled_type")
    }

    private func apply(
        _ event: StripeEvent, by handler: any EventHandler, in tx: Transaction, notes: Notes
    ) throws -> EventOutcome {
        do {
            let inner = Notes()
            let outcome = try tx.savepoint { try handler.handle(event, in: tx, notes: inner) }
            notes.append(inner)
            return outcome
        } catch let error as DatabaseError where !error.isOfTheStatement {
            throw error
        } catch let error as StripeShapeError {
            return .unreadable(error.description)
        } catch {
            // A fault in applying must not lose the event: it is stored, and applied again later.
            notes.error(
                "event_not_applied",
                [
                    "event_id": .string(event.id.rawValue), "type": .string(event.type),
                    "error": .string(String(describing: error)),
                ])
            return .waiting("fault")
        }
    }

    /// Writes down what became of an event that was stored before.
    private func store(
        _ outcome: EventOutcome, of reading: Result<StripeEvent, StripeShapeError>, id: String, last: Bool,
        in tx: Transaction
    ) throws {
        let events = EventRepository(tx: tx)
        var order: OrderID?
        if case .success(let event) = reading { order = try OrderObject.find(event, in: tx) }
        switch outcome {
        case .applied(let word):
            try events.update(id, state: .applied, outcome: word, orderID: order, at: clock.now())
        case .ignored(let word):
            try events.update(id, state: .ignored, outcome: word, orderID: order, at: clock.now())
        case .waiting(let word):
            try events.update(id, state: last ? .dead : .waiting, outcome: word, orderID: order, at: nil)
        case .unreadable(let reason):
            try events.update(id, state: .dead, outcome: reason, orderID: order, at: nil)
        }
    }

    private func report(_ receipt: Receipt, id: StripeEventID, type: String) {
        let log = log.with(["event_id": .string(id.rawValue), "type": .string(type)])
        switch receipt {
        case .repeated: log.info("event_repeated")
        case .taken(.applied(let word)): log.info("event_applied", ["outcome": .string(word)])
        case .taken(.ignored(let word)): log.info("event_ignored", ["outcome": .string(word)])
        case .taken(.waiting(let word)): log.warning("event_waits", ["outcome": .string(word)])
        case .taken(.unreadable(let reason)): log.error("event_unreadable", ["reason": .string(reason)])
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
