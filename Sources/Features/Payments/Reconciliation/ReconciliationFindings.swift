internal import Database
internal import Kernel

/// Something that reconciliation cannot decide: for a person.
struct ReconciliationFinding: Sendable, Equatable {
    /// `charge`, `refund`, `dispute`, `payment_intent`.
    let subject: String
    /// A stable word: `order_unknown`, `only_here`, `differs`, ….
    let kind: String
    let stripeID: String
    let orderID: String?
    let amount: Money
    /// When the object was made at Stripe, or the row here.
    let at: Timestamp
}

/// A finding as it is kept.
struct StoredFinding: Sendable {
    let id: String
    let finding: ReconciliationFinding
    let firstSeenAt: Timestamp
    let lastSeenAt: Timestamp
}

/// Findings in the database, within a transaction: one row an object, open until a run no longer finds it.
struct ReconciliationFindingRepository {
    let tx: Transaction

    /// Raises findings. Returns those that were not open before.
    func raise(_ findings: [ReconciliationFinding], at now: Timestamp, ids: IDGenerator) throws
        -> [ReconciliationFinding]
    {
        try findings.filter { finding in
            let reopened = try tx.execute(
                """
                UPDATE reconciliation_findings SET first_seen_at_ms = \(now), resolved_at_ms = NULL
                WHERE subject = \(finding.subject) AND stripe_id = \(finding.stripeID) AND resolved_at_ms IS NOT NULL
                """)
            let stored = try tx.row(
                """
                INSERT INTO reconciliation_findings (id, subject, kind, stripe_id, order_id, amount_minor, currency,
                    occurred_at_ms, first_seen_at_ms, last_seen_at_ms)
                VALUES (\(ids.uuid()), \(finding.subject), \(finding.kind), \(finding.stripeID), \(finding.orderID),
                    \(finding.amount.amountMinor), \(finding.amount.currency), \(finding.at), \(now), \(now))
                ON CONFLICT (subject, stripe_id) DO UPDATE SET kind = excluded.kind, order_id = excluded.order_id,
                    amount_minor = excluded.amount_minor, currency = excluded.currency,
                    last_seen_at_ms = excluded.last_seen_at_ms
                RETURNING first_seen_at_ms
                """)
            return try reopened == 1 || stored?.time("first_seen_at_ms") == now
        }
    }

    /// Closes what lies in the run's period and this run did not find any more.
    func resolve(of run: ReconciliationRun, at now: Timestamp) throws {
        try tx.send(
            """
            UPDATE reconciliation_findings SET resolved_at_ms = \(now)
            WHERE resolved_at_ms IS NULL AND last_seen_at_ms < \(run.startedAt)
                AND occurred_at_ms >= \(run.period.since) AND occurred_at_ms < \(run.period.until)
            """)
    }

    /// What is open, oldest first.
    func open(limit: Int) throws -> [StoredFinding] {
        try tx.rows(
            """
            SELECT id, subject, kind, stripe_id, order_id, amount_minor, currency, occurred_at_ms, first_seen_at_ms,
                last_seen_at_ms
            FROM reconciliation_findings WHERE resolved_at_ms IS NULL ORDER BY first_seen_at_ms, id LIMIT \(limit)
            """
        ).map { row in
            StoredFinding(
                id: try row.text("id"),
                finding: ReconciliationFinding(
                    subject: try row.text("subject"), kind: try row.text("kind"), stripeID: try row.text("stripe_id"),
                    orderID: try row.textOrNil("order_id"),
                    amount: Money(try row.int("amount_minor"), try row.currency("currency")),
                    at: try row.time("occurred_at_ms")),
                firstSeenAt: try row.time("first_seen_at_ms"), lastSeenAt: try row.time("last_seen_at_ms"))
        }
    }
}
