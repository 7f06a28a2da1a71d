internal import Database
internal import Kernel

/// The accounts that money moves between. A debit is positive, a credit negative; every entry sums to zero.
enum LedgerAccount: String, Sendable, CaseIterable {
    /// Our balance at Stripe (an asset).
    case stripeBalance = "stripe_balance"
    /// What paid orders earned (income).
    case sales
    /// What went back of it (against income).
    case refunds
    /// Received, but no order's: owed back (a liability).
    case unappliedPayments = "unapplied_payments"
    /// Taken by disputes (an expense until won).
    case disputes
}

/// The kinds of entries; with the source's id they are unique, so nothing is booked twice.
enum JournalEntryKind: String, Sendable {
    case payment
    case unappliedPayment = "unapplied_payment"
    case refund
    case refundReversal = "refund_reversal"
    case disputeWithdrawal = "dispute_withdrawal"
    case disputeReinstatement = "dispute_reinstatement"
}

/// The double-entry journal: appended, never edited (law 10).
struct Journal: Sendable {
    let clock: any WallClock
    let ids: IDGenerator

    /// Books `amount` from one account to the other: the debited account gains it. Returns false, and books nothing,
    /// when this source was booked in this kind before. Who is often told of the same source asks ``has(_:source:in:)`` first,
    /// which is cheaper.
    @discardableResult
    func book(
        _ kind: JournalEntryKind, source: String, of order: OrderID, amount: Money, debit: LedgerAccount,
        credit: LedgerAccount, in tx: Transaction
    ) throws -> Bool {
        let negative = try Money.zero(amount.currency).subtracting(amount)
        try Self.requireBalance([(debit, amount), (credit, negative)])
        let id = ids.uuid()
        let isNew = try tx.inserts(
            """
            INSERT INTO journal_entries (id, order_id, kind, source_id, created_at_ms)
            VALUES (\(id), \(order), \(kind.rawValue), \(source), \(clock.now()))
            """, unless: "kind, source_id")
        guard isNew else { return false }
        try tx.send(
            """
            INSERT INTO postings (entry_id, position, account, amount_minor, currency)
            VALUES (\(id), 0, \(debit.rawValue), \(amount.amountMinor), \(amount.currency)),
                (\(id), 1, \(credit.rawValue), \(negative.amountMinor), \(negative.currency))
            """)
        return true
    }

    /// An entry that does not sum to zero in each currency, or stays in one account, is a fault of the program.
    struct Unbalanced: Error, Equatable {
        let currency: Currency
    }

    /// Throws ``Unbalanced`` unless the postings of an entry move money from one account to another and lose none.
    static func requireBalance(_ postings: [(account: LedgerAccount, amount: Money)]) throws {
        for (index, first) in postings.enumerated() {
            let currency = first.amount.currency
            guard !postings[..<index].contains(where: { $0.amount.currency == currency }) else { continue }
            var sum = Money.zero(currency)
            var isMoved = false
            for posting in postings where posting.amount.currency == currency {
                sum = try sum.adding(posting.amount)
                if posting.account != first.account { isMoved = true }
            }
            guard sum.amountMinor == 0, isMoved else { throw Unbalanced(currency: currency) }
        }
    }

    /// Whether a source was booked in a kind.
    static func has(_ kind: JournalEntryKind, source: String, in tx: Transaction) throws -> Bool {
        try tx.row(
            "SELECT 1 AS one FROM journal_entries WHERE kind = \(kind.rawValue) AND source_id = \(source)") != nil
    }

    /// The postings of an order's entries, oldest first.
    static func postings(of order: OrderID, in tx: Transaction) throws -> [PostingLine] {
        try tx.rows(
            """
            SELECT e.id AS entry_id, e.kind, e.source_id, e.created_at_ms, p.account, p.amount_minor, p.currency
            FROM journal_entries e JOIN postings p ON p.entry_id = e.id
            WHERE e.order_id = \(order) ORDER BY e.id, p.position
            """
        ).map { row in
            PostingLine(
                entryID: try row.text("entry_id"), kind: try row.text("kind"), sourceID: try row.text("source_id"),
                at: try row.time("created_at_ms"), account: try row.text("account"),
                amount: Money(try row.int("amount_minor"), try row.currency("currency")))
        }
    }
}

/// A posting with its entry.
struct PostingLine: Sendable {
    let entryID: String
    let kind: String
    let sourceID: String
    let at: Timestamp
    let account: String
    let amount: Money
}
