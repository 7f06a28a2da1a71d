internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

/// `charge.dispute.*`: recorded; what the bank takes and gives back is booked. The order stays paid: whether to take
/// the goods back is the shop's decision.
struct DisputeChanged: EventHandler {
    let settlement: DisputeSettlement
    var types: [String] {
        [
            "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
            "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
        ]
    }

    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        let dispute = try StripeDispute(json: event.object)
        guard let intent = dispute.paymentIntent else { return .ignored("foreign_object") }
        guard let payment = try PaymentRepository(tx: tx).find(paymentIntent: intent.rawValue) else {
            return try OrderObject.find(event, in: tx) == nil ? .ignored("foreign_object") : .waiting("payment")
        }
        guard let order = try OrderRepository(tx: tx).lock(.id(payment.orderID)) else { return .waiting("order") }
        let moved: [JournalEntryKind] =
            switch event.type {
            case "charge.dispute.funds_withdrawn": [.disputeWithdrawal]
            case "charge.dispute.funds_reinstated": [.disputeReinstatement]
            default: []
            }
        let isNews = try settlement.apply(
            dispute, to: payment, of: order, snapshotAt: event.created, moved: moved,
            cause: .event(event.id.rawValue), in: tx, notes: notes)
        return .applied(isNews ? "dispute_\(dispute.status.word)" : "dispute_known")
    }
}

/// Applies what Stripe says of a dispute, from wherever it came: an event, or a read-back.
struct DisputeSettlement: Sendable {
    let history: OrderHistory
    let journal: Journal

    /// Applies a snapshot of a dispute of a known payment, and books what `moved`; the order is held locked. Applied
    /// twice, or after newer news, it changes nothing (law 6). Returns whether its status is news.
    func apply(
        _ dispute: StripeDispute, to payment: Payment, of order: Order, snapshotAt: Timestamp,
        moved: [JournalEntryKind], cause: Cause, in tx: Transaction, notes: Notes
    ) throws -> Bool {
        var order = order
        let isNews = try DisputeRepository(tx: tx).store(dispute, payment: payment, snapshotAt: snapshotAt)
        let disputed = try DisputeRepository(tx: tx).anyAgainst(order.id)
        if order.disputed != disputed {
            order.disputed = disputed
            try OrderRepository(tx: tx).update(order)
        }
        for kind in moved { try book(kind, dispute, of: order, in: tx) }
        guard isNews else { return false }
        try history.append(
            "dispute_\(dispute.status.word)", of: order.id, cause: cause,
            [
                "dispute": .string(dispute.id.rawValue), "reason": .string(dispute.reason),
                "amount": .int(dispute.amount.amountMinor),
            ], in: tx)
        notes.warning(
            "dispute_changed",
            [
                "order_id": .string(order.id.rawValue), "cause": .string(cause.id),
                "dispute": .string(dispute.id.rawValue), "state": .string(dispute.status.word),
            ])
        return true
    }

    private func book(
        _ kind: JournalEntryKind, _ dispute: StripeDispute, of order: Order, in tx: Transaction
    ) throws {
        let isBack = kind == .disputeReinstatement
        try journal.book(
            kind, source: dispute.id.rawValue, of: order.id, amount: dispute.amount,
            debit: isBack ? .stripeBalance : .disputes, credit: isBack ? .disputes : .stripeBalance, in: tx)
    }
}

/// Disputes in the database, within a transaction that holds the order locked.
struct DisputeRepository {
    let tx: Transaction

    /// Statuses after which nothing changes any more.
    private static let final = ["won", "lost", "warning_closed", "prevented"]

    /// How far on a dispute is. An inquiry may become a dispute, never the other way round.
    private static let progress = [
        "warning_needs_response": 0, "warning_under_review": 1, "needs_response": 2, "under_review": 3,
    ]

    /// Stores a snapshot when it is newer than what is stored, or final (law 6). Of two snapshots of one second, which
    /// is all that events tell, the one that is further on is the newer. Returns whether the status changed.
    func store(_ dispute: StripeDispute, payment: Payment, snapshotAt: Timestamp) throws -> Bool {
        let id = dispute.id.rawValue
        let known = try tx.row(
            "SELECT status, snapshot_at_ms FROM disputes WHERE stripe_dispute_id = \(id)")
        guard let known else {
            try tx.execute(
                """
                INSERT INTO disputes (stripe_dispute_id, order_id, payment_id, amount_minor, currency, reason, status,
                    snapshot_at_ms, created_at_ms)
                VALUES (\(id), \(payment.orderID), \(payment.id), \(dispute.amount.amountMinor),
                    \(dispute.amount.currency), \(dispute.reason), \(dispute.status.word), \(snapshotAt),
                    \(dispute.created))
                """)
            return true
        }
        let status = try known.text("status")
        let storedAt = try known.time("snapshot_at_ms")
        let isFurther = Self.progress[dispute.status.word, default: 0] > Self.progress[status, default: 0]
        let isNewer = storedAt < snapshotAt || (storedAt == snapshotAt && isFurther)
        let isFinal = Self.final.contains(dispute.status.word)
        guard status != dispute.status.word, !Self.final.contains(status), isNewer || isFinal else { return false }
        try tx.execute(
            """
            UPDATE disputes SET status = \(dispute.status.word), snapshot_at_ms = \(snapshotAt),
                amount_minor = \(dispute.amount.amountMinor)
            WHERE stripe_dispute_id = \(id)
            """)
        return true
    }

    /// Whether any dispute against an order is open or lost.
    func anyAgainst(_ order: OrderID) throws -> Bool {
        try tx.row(
            """
            SELECT COUNT(*) AS count FROM disputes
            WHERE order_id = \(order) AND status NOT IN ('won', 'warning_closed', 'prevented')
            """
        )?.int("count") ?? 0 > 0
    }
}
