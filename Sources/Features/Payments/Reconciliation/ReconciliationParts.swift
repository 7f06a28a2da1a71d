internal import Database
internal import Jobs
internal import Kernel

extension Reconciliation {
    /// Puts reconciliation together. `stripe` keeps to a pace that leaves Stripe's rate limit to buyers; everything that
    /// reconciliation does goes through it.
    init(
        _ parts: PaymentsFeature.Parts, stripe: StripeGateway, inbox: Inbox, sweep: Sweep, settlement: Settlement,
        refundSettlement: RefundSettlement, disputeSettlement: DisputeSettlement
    ) {
        let database = parts.database
        let owner = ReconciliationOwner(database: database, installation: parts.installation)
        let healing = ReconciliationHealing(
            database: database, stripe: stripe, settlement: settlement, refundSettlement: refundSettlement,
            disputeSettlement: disputeSettlement, clock: parts.clock, log: parts.log)
        self.init(
            database: database,
            parts: ReconcileEvents.all(database, stripe, inbox) + [
                ReconcileOutcomes(database: database, sweep: sweep, clock: parts.clock),
                ReconcileCharges(database: database, stripe: stripe, owner: owner, healing: healing),
                ReconcileCheckouts(
                    database: database, stripe: stripe, owner: owner, checkouts: sweep.checkouts, log: parts.log),
                ReconcileRefunds(database: database, stripe: stripe, owner: owner, healing: healing),
                ReconcileDisputes(database: database, stripe: stripe, owner: owner, healing: healing),
                ReconcileIntents(
                    database: database, stripe: stripe, installation: parts.installation, queue: parts.queue),
                ReconcileRows(database: database, stripe: stripe, subject: .charge),
                ReconcileRows(database: database, stripe: stripe, subject: .refund),
            ], clock: parts.clock, ids: parts.ids, log: parts.log)
    }
}
