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
        let (kind, entry, debit, credit): (String, JournalEntryKind, LedgerAccount, LedgerAccount)
        switch type {
        case "charge.dispute.funds_withdrawn":
            (kind, entry, debit, credit) = (
                "dispute_funds_withdrawn", .disputeWithdrawal, .disputes, .stripeBalance
            )
        case "charge.dispute.funds_reinstated":
            (kind, entry, debit, credit) = (
                "dispute_funds_reinstated", .disputeReinstatement, .stripeBalance, .disputes
            )
        default: return
        }
        guard try !Journal.has(entry, source: source, in: tx),
            try journal.book(
                entry, source: source, of: order.id, amount: dispute.amount, debit: debit, credit: credit, in: tx)
        else { return }
        try history.append(
            kind, of: order.id, cause: cause,
            ["dispute": .string(source), "amount": .int(dispute.amount.amountMinor)], in: tx)
    }
}
