internal import Database
internal import Kernel
internal import StripeClient

/// Disputes in the database, within a transaction that holds the order locked.
struct DisputeRepository {
    let tx: Transaction

    /// What a snapshot is to what is stored.
    enum News: Sendable, Equatable {
        /// It was stored, and the status is another.
        case changed
        /// It says nothing new, or is older.
        case known
        /// Which of the two is newer, the snapshots do not say: Stripe must be asked (law 6).
        case contradiction
    }

    /// Where a stored dispute stands.
    struct Standing: Sendable, Equatable {
        let status: String
        let snapshotAt: Timestamp
    }

    /// Statuses that end a dispute. A lost one may go on as an appeal.
    private static let final = ["won", "lost", "warning_closed", "prevented"]

    /// Stores the snapshot of an event when it is newer than what is stored. Events tell whole seconds: two of one
    /// second that differ contradict each other, and so does an older end of what goes on since.
    func store(_ dispute: StripeDispute, payment: Payment, snapshotAt: Timestamp) throws -> News {
        guard let known = try standing(of: dispute.id.rawValue) else {
            try tx.send(
                """
                INSERT INTO disputes (stripe_dispute_id, order_id, payment_id, amount_minor, currency, reason, status,
                    snapshot_at_ms, created_at_ms)
                VALUES (\(dispute.id.rawValue), \(payment.orderID), \(payment.id), \(dispute.amount.amountMinor),
                    \(dispute.amount.currency), \(dispute.reason), \(dispute.status.word), \(snapshotAt),
                    \(dispute.created))
                """)
            return .changed
        }
        if snapshotAt > known.snapshotAt {
            try update(dispute, snapshotAt: snapshotAt)
            return known.status == dispute.status.word ? .known : .changed
        }
        if known.status == dispute.status.word { return .known }
        let isEnd = Self.final.contains(dispute.status.word) && !Self.final.contains(known.status)
        return snapshotAt == known.snapshotAt || isEnd ? .contradiction : .known
    }

    /// Where a dispute stands; nil when it is not stored.
    func standing(of id: String) throws -> Standing? {
        try tx.row("SELECT status, snapshot_at_ms FROM disputes WHERE stripe_dispute_id = \(id)").map { row in
            Standing(status: try row.text("status"), snapshotAt: try row.time("snapshot_at_ms"))
        }
    }

    /// Writes what Stripe says.
    func update(_ dispute: StripeDispute, snapshotAt: Timestamp) throws {
        try tx.send(
            """
            UPDATE disputes SET status = \(dispute.status.word), snapshot_at_ms = \(snapshotAt),
                amount_minor = \(dispute.amount.amountMinor)
            WHERE stripe_dispute_id = \(dispute.id.rawValue)
            """)
    }

    /// What disputes that were lost took of a payment, and did not give back.
    func lost(of payment: Payment) throws -> Money {
        let row = try tx.row(
            """
            SELECT CAST(COALESCE(SUM(d.amount_minor), 0) AS BIGINT) AS sum FROM disputes d
            WHERE d.payment_id = \(payment.id) AND d.currency = \(payment.amount.currency) AND d.status = 'lost'
                AND EXISTS (SELECT 1 FROM journal_entries e
                    WHERE e.kind = \(JournalEntryKind.disputeWithdrawal.rawValue) AND e.source_id = d.stripe_dispute_id)
                AND NOT EXISTS (SELECT 1 FROM journal_entries e
                    WHERE e.kind = \(JournalEntryKind.disputeReinstatement.rawValue)
                        AND e.source_id = d.stripe_dispute_id)
            """)
        return Money(try row?.int("sum") ?? 0, payment.amount.currency)
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
