internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

/// How what was missed is made good: through the same settlements as events (law 8).
struct ReconciliationHealing: Sendable {
    let database: any Database
    let stripe: StripeGateway
    let settlement: Settlement
    let refundSettlement: RefundSettlement
    let disputeSettlement: DisputeSettlement
    let clock: any WallClock
    let log: Log

    /// Reads an intent that has collected money, and records the money. Returns nil when it is recorded, else a stable
    /// word: why a person must look. One request and one transaction.
    func record(_ id: StripePaymentIntentID, cause: Cause) async throws -> String? {
        let intent: StripePaymentIntent
        do throws(StripeError) {
            intent = try await stripe.retrievePaymentIntent(id).value
        } catch {
            guard error.isResourceMissing else { throw error }
            return "intent_missing_at_stripe"
        }
        guard intent.status == .succeeded else { return "intent_not_succeeded" }
        return try await guarded("payment_intent", id.rawValue) { [settlement] tx, notes in
            let orders = OrderRepository(tx: tx)
            let facts = intent.succeededFacts
            guard let known = try orders.orderID(ofPaymentIntent: facts.paymentIntentID) ?? facts.orderID,
                let order = try orders.lock(.id(known))
            else { return "order_unknown" }
            _ = try settlement.apply(facts, to: order, cause: cause, in: tx, notes: notes)
            return nil
        }
    }

    /// Applies a refund of a payment that is recorded. Returns as ``record(_:cause:)``. One transaction.
    func apply(_ refund: StripeRefund, of intent: StripePaymentIntentID, cause: Cause) async throws -> String? {
        try await guarded("refund", refund.id.rawValue) { [refundSettlement] tx, notes in
            guard let payment = try PaymentRepository(tx: tx).find(paymentIntent: intent.rawValue),
                let order = try OrderRepository(tx: tx).lock(.id(payment.orderID))
            else { return "payment_unknown" }
            try refundSettlement.apply(refund, to: payment, of: order, cause: cause, in: tx, notes: notes)
            return nil
        }
    }

    /// Applies a dispute of a payment that is recorded: what it took and gave back, and its status. A status that is
    /// known and differs is read once more, as the list may be older than the last event. Returns as
    /// ``record(_:cause:)``. One transaction, and for a status that differs a request and a transaction more.
    func apply(_ dispute: StripeDispute, of intent: StripePaymentIntentID, cause: Cause) async throws -> String? {
        let reason = try await guarded("dispute", dispute.id.rawValue) { [disputeSettlement] tx, notes in
            guard let payment = try PaymentRepository(tx: tx).find(paymentIntent: intent.rawValue),
                let order = try OrderRepository(tx: tx).lock(.id(payment.orderID))
            else { return "payment_unknown" }
            let disputes = DisputeRepository(tx: tx)
            if try disputes.standing(of: dispute.id.rawValue) == nil {
                // From its own time, so that whatever event comes is newer.
                _ = try disputes.store(dispute, payment: payment, snapshotAt: dispute.created)
                try disputeSettlement.tell(dispute, of: order, cause: cause, in: tx, notes: notes)
            }
            for (type, isDone) in [
                ("charge.dispute.funds_withdrawn", dispute.isWithdrawn),
                ("charge.dispute.funds_reinstated", dispute.isReinstated),
            ] where isDone {
                try disputeSettlement.book(type, dispute, of: order, cause: cause, in: tx)
            }
            return nil
        }
        if let reason { return reason }
        let id = dispute.id.rawValue
        let standing = try await database.read { tx in try DisputeRepository(tx: tx).standing(of: id) }
        guard standing?.status != dispute.status.word else { return nil }
        do {
            try await ReadDispute.read(
                id, cause: cause, database: database, stripe: stripe, settlement: disputeSettlement, log: log)
        } catch is ReadDispute.Overtaken {
            // The event knows better.
        }
        return nil
    }

    /// One object that cannot be applied does not keep the others waiting; a database that is away does.
    private func guarded(
        _ what: String, _ id: String,
        _ body: @escaping @Sendable (Transaction, Notes) throws -> String?
    ) async throws -> String? {
        do {
            return try await database.write(loggingTo: log, body)
        } catch let error as DatabaseError where !error.isOfTheStatement {
            throw error
        } catch {
            log.error(
                "reconciliation_not_applied",
                ["what": .string(what), "id": .string(id), "error": .string(String(describing: error))])
            return "not_applied"
        }
    }
}
