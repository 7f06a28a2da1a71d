internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

/// What a dispute means for its order and for the books, wherever the news came from.
struct DisputeSettlement: Sendable {
    let history: OrderHistory
    let journal: Journal

    /// The dispute's status is another: the order's flag follows, its story and the log tell of it.
    func tell(
        _ dispute: StripeDispute, of order: Order, cause: Cause, requestID: String? = nil, in tx: Transaction,
        notes: Notes
    ) throws {
        let disputed = try DisputeRepository(tx: tx).anyAgainst(order.id)
        if order.disputed != disputed {
            let stored = order
            var order = order
            order.disputed = disputed
            try OrderRepository(tx: tx).update(order, from: stored)
        }
        try history.append(
            "dispute_\(dispute.status.word)", of: order.id, cause: cause,
            [
                "dispute": .string(dispute.id.rawValue), "reason": .string(dispute.reason),
                "amount": .int(dispute.amount.amountMinor), "stripe_request": JSONValue(requestID),
            ], in: tx)
        notes.warning(
            "dispute_changed",
            [
                "order_id": .string(order.id.rawValue), "event_id": .string(cause.id),
                "dispute": .string(dispute.id.rawValue), "state": .string(dispute.status.word),
            ])
    }

    /// What the bank takes and gives back is booked once each, by the event that tells of it.
    func book(_ type: String, _ dispute: StripeDispute, of order: Order, cause: Cause, in tx: Transaction) throws {
        let source = dispute.id.rawValue
        let (kind, isBooked): (String, Bool)
        switch type {
        case "charge.dispute.funds_withdrawn":
            kind = "dispute_funds_withdrawn"
            isBooked = try journal.book(
                .disputeWithdrawal, source: source, of: order.id, amount: dispute.amount, debit: .disputes,
                credit: .stripeBalance, in: tx)
        case "charge.dispute.funds_reinstated":
            kind = "dispute_funds_reinstated"
            isBooked = try journal.book(
                .disputeReinstatement, source: source, of: order.id, amount: dispute.amount, debit: .stripeBalance,
                credit: .disputes, in: tx)
        default: return
        }
        guard isBooked else { return }
        try history.append(
            kind, of: order.id, cause: cause,
            ["dispute": .string(source), "amount": .int(dispute.amount.amountMinor)], in: tx)
    }
}
