internal import Database
internal import Jobs
internal import Kernel
internal import StripeClient

/// Reads a dispute from Stripe when its events contradict each other (law 6). Repeating is harmless: what Stripe says
/// now is written, and told when it is news.
struct ReadDispute: JobArguments {
    static let kind = "payments.read_dispute"
    let dispute: String
    let event: String

    /// An event was faster than the reading, which may be older than the event: read again.
    struct Overtaken: JobFailureExplaining {
        let jobFailure = "an event came while the dispute was read"
    }

    static func definition(
        database: any Database, stripe: any StripeService, settlement: DisputeSettlement
    ) -> JobDefinition {
        JobDefinition(ReadDispute.self) { arguments, context in
            try await read(
                arguments.dispute, cause: .event(arguments.event), database: database, stripe: stripe,
                settlement: settlement, log: context.log)
        }
    }

    /// Reads a stored dispute, and writes what Stripe says. Throws `Overtaken`, `StripeError`, `DatabaseError`.
    static func read(
        _ id: String, cause: Cause, database: any Database, stripe: any StripeService, settlement: DisputeSettlement,
        log: Log
    ) async throws {
        let before = try await database.read { tx in try DisputeRepository(tx: tx).standing(of: id) }
        guard let before else { throw JobDiscard("the dispute is not stored") }
        let answer = try await stripe.retrieveDispute(StripeDisputeID(id))
        let dispute = answer.value
        guard let intent = dispute.paymentIntent?.rawValue else { return }
        let requestID = answer.requestID
        try await database.write(loggingTo: log) { tx, notes in
            guard let payment = try PaymentRepository(tx: tx).find(paymentIntent: intent),
                let order = try OrderRepository(tx: tx).lock(.id(payment.orderID))
            else { return }
            let disputes = DisputeRepository(tx: tx)
            guard try disputes.standing(of: id) == before else { throw Overtaken() }
            // The second stays the events' own: our clock says nothing about the order of Stripe's.
            try disputes.update(dispute, snapshotAt: before.snapshotAt)
            guard dispute.status.word != before.status else { return }
            try settlement.tell(dispute, of: order, cause: cause, requestID: requestID, in: tx, notes: notes)
        }
    }
}
