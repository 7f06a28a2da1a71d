internal import Database
internal import Kernel

/// Something that a request left unfinished, claimed by this run.
struct SweepStep: Sendable, Equatable {
    enum Kind: String, Sendable {
        /// An attempt whose outcome is not known; the id is its order's.
        case attempt
        /// A payment page whose making has no known outcome; the id is its order's.
        case page
        /// A refund whose outcome is not known.
        case refund
        /// An order that is being canceled, or whose time is over.
        case cancellation
    }
    let kind: Kind
    let id: String
    /// Which try this is: 1, 2, ….
    let tries: Int64
}

/// What is to be swept and how often it was tried, within a transaction.
///
/// A claim is a row of `sweep_tries` that says when the next try may be. It is written before the try, so that no two
/// nodes try at once, and what kills its node comes later, too. A step that ends takes its row away.
struct SweepRepository {
    let tx: Transaction

    /// How long rows of things that ended by themselves are kept.
    static let retention = Duration.seconds(86_400)

    /// When the next try may be, after so many: 1, 2, 4, 8, then every 15 minutes.
    static func backoff(after tries: Int64) -> Duration {
        tries > 4 ? .seconds(900) : .seconds(60 << max(0, tries - 1))
    }

    /// Claims up to `limit` of each kind, the longest due first: what keeps failing is due again later than what was
    /// never tried. `since`: what was begun later may still be at work.
    func claim(now: Timestamp, since: Timestamp, limit: Int) throws -> [SweepStep] {
        let attempts = try tx.rows(
            """
            SELECT a.order_id AS id, COALESCE(t.tries, 0) AS tries FROM payment_attempts a
            LEFT JOIN sweep_tries t ON t.kind = 'attempt' AND t.id = a.order_id
            WHERE a.state = 'submitted' AND a.submitted_at_ms <= \(since)
                AND (t.next_try_at_ms IS NULL OR t.next_try_at_ms <= \(now))
            ORDER BY COALESCE(t.next_try_at_ms, a.submitted_at_ms), a.order_id LIMIT \(limit)
            """)
        let pages = try tx.rows(
            """
            SELECT c.order_id AS id, COALESCE(t.tries, 0) AS tries FROM checkout_sessions c
            LEFT JOIN sweep_tries t ON t.kind = 'page' AND t.id = c.order_id
            WHERE c.state = 'submitted' AND c.submitted_at_ms <= \(since)
                AND (t.next_try_at_ms IS NULL OR t.next_try_at_ms <= \(now))
            ORDER BY COALESCE(t.next_try_at_ms, c.submitted_at_ms), c.order_id LIMIT \(limit)
            """)
        let refunds = try tx.rows(
            """
            SELECT r.id, COALESCE(t.tries, 0) AS tries FROM refunds r
            LEFT JOIN sweep_tries t ON t.kind = 'refund' AND t.id = r.id
            WHERE r.state = 'submitted' AND r.created_at_ms <= \(since)
                AND (t.next_try_at_ms IS NULL OR t.next_try_at_ms <= \(now))
            ORDER BY COALESCE(t.next_try_at_ms, r.created_at_ms), r.id LIMIT \(limit)
            """)
        let canceling = try tx.rows(
            """
            SELECT o.id, COALESCE(t.tries, 0) AS tries FROM orders o
            LEFT JOIN sweep_tries t ON t.kind = 'cancellation' AND t.id = o.id
            WHERE o.status IN ('pending', 'awaiting_payment') AND o.cancel_requested_at_ms IS NOT NULL
                AND o.cancel_requested_at_ms <= \(since)
                AND (t.next_try_at_ms IS NULL OR t.next_try_at_ms <= \(now))
            ORDER BY COALESCE(t.next_try_at_ms, o.cancel_requested_at_ms), o.id LIMIT \(limit)
            """)
        let expired = try tx.rows(
            """
            SELECT o.id, COALESCE(t.tries, 0) AS tries FROM orders o
            LEFT JOIN sweep_tries t ON t.kind = 'cancellation' AND t.id = o.id
            WHERE o.status IN ('pending', 'awaiting_payment') AND o.cancel_requested_at_ms IS NULL
                AND o.expires_at_ms <= \(now) AND (t.next_try_at_ms IS NULL OR t.next_try_at_ms <= \(now))
            ORDER BY COALESCE(t.next_try_at_ms, o.expires_at_ms), o.id LIMIT \(limit)
            """)
        return try claim(.attempt, attempts, now) + claim(.page, pages, now) + claim(.refund, refunds, now)
            + claim(.cancellation, canceling + expired, now)
    }

    /// In the order of their ids, so that two nodes never wait for each other in a circle. What another node claimed
    /// in between is left to it.
    private func claim(_ kind: SweepStep.Kind, _ rows: [Row], _ now: Timestamp) throws -> [SweepStep] {
        let found = try rows.map { row in (id: try row.text("id"), tries: try row.int("tries") + 1) }
        return try found.sorted { $0.id < $1.id }.compactMap { id, tries in
            let claimed = try tx.execute(
                """
                INSERT INTO sweep_tries (kind, id, tries, next_try_at_ms)
                VALUES (\(kind.rawValue), \(id), \(tries), \(now.adding(Self.backoff(after: tries))))
                ON CONFLICT (kind, id) DO UPDATE
                SET tries = excluded.tries, next_try_at_ms = excluded.next_try_at_ms
                WHERE sweep_tries.next_try_at_ms <= \(now)
                """)
            return claimed == 1 ? SweepStep(kind: kind, id: id, tries: tries) : nil
        }
    }

    /// The steps ended.
    func forget(_ steps: [SweepStep]) throws {
        for step in steps {
            try tx.send("DELETE FROM sweep_tries WHERE kind = \(step.kind.rawValue) AND id = \(step.id)")
        }
    }

    /// Takes away the rows of things that ended by themselves: what still fails has been tried since.
    func prune(before: Timestamp) throws {
        try tx.send("DELETE FROM sweep_tries WHERE next_try_at_ms < \(before)")
    }
}
