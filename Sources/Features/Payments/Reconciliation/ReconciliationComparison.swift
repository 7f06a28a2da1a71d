internal import Database
internal import Kernel

/// Both sides of a run, held against each other by the database, both ways, within a transaction.
///
/// A charge's row is that of its intent, and of this charge where the row names one; a row that names none goes with
/// the intent's first charge, so that a second one is a difference. A refund's row is that of its id.
struct ReconciliationComparison {
    let tx: Transaction
    let run: ReconciliationRun

    /// Rows here of the run's period that no object of Stripe's goes with, behind `cursor` by id, at most 100.
    func unmatched(_ subject: ReconciliationSubject, after cursor: String?) throws -> [UnmatchedRow] {
        // Ids begin with their time, so they find the rows; an hour of margin for clocks that went back.
        let first = max(cursor ?? "", SQL.firstID(at: run.period.since.adding(.seconds(-3600))))
        let end = SQL.firstID(at: run.period.until.adding(.seconds(3600)))
        let rows: [Row]
        switch subject {
        case .charge:
            rows = try tx.rows(
                """
                SELECT p.id, p.stripe_payment_intent_id AS intent, p.stripe_charge_id AS object, p.order_id,
                    p.amount_minor, p.currency, p.created_at_ms
                FROM payments p WHERE p.id > \(first) AND p.id < \(end)
                    AND p.created_at_ms >= \(run.period.since) AND p.created_at_ms < \(run.period.until)
                    AND NOT EXISTS (SELECT 1 FROM reconciliation_objects o WHERE o.run_id = \(run.id)
                        AND o.subject = 'charge' AND o.side = 'stripe' AND \(unsafe: Self.chargeMatch))
                ORDER BY p.id LIMIT \(SQL.pageSize)
                """)
        case .refund:
            rows = try tx.rows(
                """
                SELECT r.id, NULL AS intent, r.stripe_refund_id AS object, r.order_id,
                    \(unsafe: Self.refundMoved) AS amount_minor, r.currency, r.created_at_ms
                FROM refunds r WHERE r.id > \(first) AND r.id < \(end) AND r.stripe_refund_id IS NOT NULL
                    AND r.created_at_ms >= \(run.period.since) AND r.created_at_ms < \(run.period.until)
                    AND NOT EXISTS (SELECT 1 FROM reconciliation_objects o WHERE o.run_id = \(run.id)
                        AND o.subject = 'refund' AND o.side = 'stripe' AND o.stripe_id = r.stripe_refund_id)
                ORDER BY r.id LIMIT \(SQL.pageSize)
                """)
        }
        return try rows.map { row in
            UnmatchedRow(
                id: try row.text("id"), paymentIntentID: try row.textOrNil("intent"),
                objectID: try row.textOrNil("object"), orderID: try row.text("order_id"),
                amount: Money(try row.int("amount_minor"), try row.currency("currency")),
                recordedAt: try row.time("created_at_ms"))
        }
    }

    /// The statement's lines.
    func lines() throws -> [ReconciliationStatement.Line] {
        var lines: [ReconciliationStatement.Line] = []
        for subject in ReconciliationSubject.allCases {
            var found: [Currency: ReconciliationStatement.Line] = [:]
            for row in try tx.rows(sums(of: subject)) {
                let currency = try row.currency("currency")
                var line = ReconciliationStatement.Line(subject: subject, currency: currency)
                line.atStripe = ReconciliationSum(rows: try row.int("rows_there"), amountMinor: try row.int("there"))
                line.here = ReconciliationSum(rows: try row.int("rows_here"), amountMinor: try row.int("here"))
                line.onlyAtStripe = try row.int("only_there")
                line.differing = try row.int("differing")
                found[currency] = line
            }
            for row in try tx.rows(
                """
                SELECT currency, COUNT(*) AS rows_here, CAST(SUM(amount_minor) AS BIGINT) AS here
                FROM reconciliation_objects
                WHERE run_id = \(run.id) AND subject = \(subject.rawValue) AND side = 'here' GROUP BY currency
                """)
            {
                let currency = try row.currency("currency")
                var line = found[currency] ?? ReconciliationStatement.Line(subject: subject, currency: currency)
                line.here.rows += try row.int("rows_here")
                line.here.amountMinor += try row.int("here")
                line.onlyHere = try row.int("rows_here")
                found[currency] = line
            }
            lines += found.values.sorted { $0.currency.code < $1.currency.code }
        }
        return lines
    }

    /// The differences, charges first, oldest first, at most `limit` of each kind and side.
    func differences(limit: Int) throws -> [ReconciliationStatement.Difference] {
        try ReconciliationSubject.allCases.flatMap { subject in
            let pairs = pairs(of: subject)
            let there = try tx.rows(
                SQL(
                    unsafe: """
                        SELECT * FROM (\(pairs.text)) pairs
                        WHERE here IS NULL OR here <> there OR currency_here <> currency
                        ORDER BY created_at_ms, stripe_id LIMIT \(limit)
                        """, values: pairs.values)
            ).map { row in
                let here = try row.intOrNil("here")
                return ReconciliationStatement.Difference(
                    subject: subject, side: here == nil ? .onlyAtStripe : .differs,
                    stripeID: try row.text("stripe_id"), orderID: try row.textOrNil("order_id"),
                    atStripeMinor: try row.int("there"), hereMinor: here, currency: try row.currency("currency"),
                    reason: try row.textOrNil("reason"), at: try row.time("created_at_ms"))
            }
            let here = try tx.rows(
                """
                SELECT o.stripe_id, o.amount_minor, o.currency, o.reason, o.created_at_ms
                FROM reconciliation_objects o
                WHERE o.run_id = \(run.id) AND o.subject = \(subject.rawValue) AND o.side = 'here'
                ORDER BY o.created_at_ms, o.stripe_id LIMIT \(limit)
                """
            ).map { row in
                ReconciliationStatement.Difference(
                    subject: subject, side: .onlyHere, stripeID: try row.text("stripe_id"), orderID: nil,
                    atStripeMinor: nil, hereMinor: try row.int("amount_minor"),
                    currency: try row.currency("currency"), reason: try row.textOrNil("reason"),
                    at: try row.time("created_at_ms"))
            }
            return there + here
        }
    }

    /// Stripe's objects, each with the row that goes with it or NULLs.
    private func pairs(of subject: ReconciliationSubject) -> SQL {
        switch subject {
        case .charge:
            """
            SELECT o.stripe_id, o.amount_minor AS there, o.currency, o.reason, o.created_at_ms, p.amount_minor AS here,
                p.currency AS currency_here, p.order_id
            FROM reconciliation_objects o LEFT JOIN payments p ON \(unsafe: Self.chargeMatch)
            WHERE o.run_id = \(run.id) AND o.subject = 'charge' AND o.side = 'stripe'
            """
        case .refund:
            """
            SELECT o.stripe_id, o.amount_minor AS there, o.currency, o.reason, o.created_at_ms,
                \(unsafe: Self.refundMoved) AS here, r.currency AS currency_here, r.order_id
            FROM reconciliation_objects o LEFT JOIN refunds r ON r.stripe_refund_id = o.stripe_id
            WHERE o.run_id = \(run.id) AND o.subject = 'refund' AND o.side = 'stripe'
            """
        }
    }

    private func sums(of subject: ReconciliationSubject) -> SQL {
        let pairs = pairs(of: subject)
        return SQL(
            unsafe: """
                SELECT currency, COUNT(*) AS rows_there, CAST(SUM(there) AS BIGINT) AS there,
                    CAST(SUM(CASE WHEN currency_here = currency THEN 1 ELSE 0 END) AS BIGINT) AS rows_here,
                    CAST(SUM(CASE WHEN currency_here = currency THEN here ELSE 0 END) AS BIGINT) AS here,
                    CAST(SUM(CASE WHEN here IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS only_there,
                    CAST(SUM(CASE WHEN here <> there OR currency_here <> currency THEN 1 ELSE 0 END) AS BIGINT)
                        AS differing
                FROM (\(pairs.text)) pairs GROUP BY currency
                """, values: pairs.values)
    }

    private static let chargeMatch = """
        (o.payment_intent_id = p.stripe_payment_intent_id AND (p.stripe_charge_id = o.stripe_id
        OR (p.stripe_charge_id IS NULL AND o.stripe_id = (SELECT MIN(x.stripe_id) FROM reconciliation_objects x
        WHERE x.run_id = o.run_id AND x.payment_intent_id = o.payment_intent_id AND x.subject = 'charge'
        AND x.side = 'stripe'))))
        """

    /// Money of a refund's row: only what has gone. NULL where there is no row.
    private static let refundMoved =
        "CASE WHEN r.state = 'succeeded' THEN r.amount_minor WHEN r.state IS NULL THEN NULL ELSE 0 END"
}

/// A row here that no object of the run goes with.
struct UnmatchedRow: Sendable {
    let id: String
    let paymentIntentID: String?
    let objectID: String?
    let orderID: String
    let amount: Money
    let recordedAt: Timestamp
}
