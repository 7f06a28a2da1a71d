internal import Database
internal import Jobs
internal import Kernel
internal import StripeClient

/// Open payment intents: one that could still be paid although its order is paid, canceled or waits for a decision, or
/// began a later attempt, is canceled at Stripe. Orders whose own time is over are the sweep's, intent and all.
///
/// Cost of a page: one request and one query; for each superfluous intent a transaction, and later a job's request.
struct ReconcileIntents: ReconciledObjects {
    let database: any Database
    let stripe: StripeGateway
    let installation: Installation
    let queue: JobQueue
    let name = "payment_intents"

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        let list = try await stripe.paymentIntents(in: run.period, after: cursor)
        var page = ReconciledPage(list)
        page.reached = list.data.last?.created
        var open: [(intent: StripePaymentIntent, order: OrderID)] = []
        for intent in list.data where intent.status.isAmountChangeable {
            // Only what this installation says it made is ever canceled.
            guard intent.metadata[Installation.mark] == installation.id,
                let order = intent.metadata["order_id"].flatMap({ OrderID(untrusted: $0) })
            else {
                page.tally.passed("payment_intent", intent.amount)
                continue
            }
            open.append((intent, order))
        }
        guard !open.isEmpty else { return page }
        let orders = open.map(\.order.rawValue)
        let holders = try await database.read { tx in try AttemptRepository(tx: tx).holders(of: orders) }
        for (intent, order) in open {
            guard let holder = holders[order] else {
                // Whoever pays it pays for something that is not here, after a restored backup perhaps.
                page.findings.append(
                    ReconciliationFinding(
                        subject: "payment_intent", kind: "order_unknown", stripeID: intent.id.rawValue,
                        orderID: order.rawValue, amount: intent.amount, at: intent.created))
                continue
            }
            guard holder.isSuperfluous(attempt: intent.metadata["attempt"].flatMap { Int64($0) }) else { continue }
            let isNew =
                if run.isDryRun {
                    true
                } else {
                    try await database.write { [queue] tx in
                        try CancelIntent.enqueue(
                            intent.id.rawValue, of: order, foundBy: run.id, on: queue, in: tx)
                    }
                }
            if isNew { page.tally.did(.intentsCanceled) }
        }
        return page
    }
}

/// Whether and by which attempt an order may be paid at this moment.
private struct IntentHolder: Sendable {
    let isOpen: Bool
    /// Whether an attempt's outcome is not known: its intent may be any, and is the sweep's.
    let isUnknown: Bool
    /// The latest attempt.
    let attempt: Int64

    /// Whether an open intent of that attempt must not be paid. While the order is open, one that names no attempt may
    /// be another way of paying it.
    func isSuperfluous(attempt other: Int64?) -> Bool {
        if isUnknown { return false }
        return !isOpen || other.map { $0 < attempt } ?? false
    }
}

extension AttemptRepository {
    /// What orders may be paid with; those that are not here are left out. At most 100.
    fileprivate func holders(of orders: [String]) throws -> [OrderID: IntentHolder] {
        let rows = try tx.rows(
            .among(
                """
                SELECT o.id, o.status, o.attempt, a.state FROM orders o
                LEFT JOIN payment_attempts a ON a.order_id = o.id AND a.state = 'submitted'
                WHERE o.id IN
                """, orders))
        var holders: [OrderID: IntentHolder] = [:]
        for row in rows {
            let status = OrderStatus(rawValue: try row.text("status"))
            holders[try row.id("id")] = IntentHolder(
                isOpen: status == .pending || status == .awaitingPayment,
                isUnknown: try row.textOrNil("state") != nil, attempt: try row.int("attempt"))
        }
        return holders
    }
}
