extension BookRule {
    /// The inbox, the jobs, the outbox, the journal and the reconciliation.
    static let ofEverything: [BookRule] = [
        BookRule(
            "an event is in the inbox once",
            """
            SELECT stripe_event_id || ' ' || COUNT(*) AS what, NULL AS order_id FROM webhook_events
            GROUP BY stripe_event_id HAVING COUNT(*) > 1
            """),
        BookRule(
            "no event waits for ever or ends as a dead letter",
            """
            SELECT stripe_event_id || ' ' || type || ' ' || state || ' ' || outcome AS what, order_id
            FROM webhook_events WHERE state IN ('waiting', 'dead')
            """),
        BookRule(
            // A tick of a schedule that died again and again is given up; the next tick does its work.
            "no job is given up or waits for ever, but for ticks of schedules",
            """
            SELECT kind || ' ' || state || ' ' || COALESCE(last_error, '') AS what, NULL AS order_id FROM jobs
            WHERE state <> 'done' AND COALESCE(subject, '') NOT LIKE 'schedule:%'
            """),
        BookRule(
            "every message is written down as sent",
            "SELECT dedupe_key AS what, subject AS order_id FROM outbox WHERE sent_at_ms IS NULL"),
        BookRule(
            "every entry of the journal sums to zero over two accounts or more",
            """
            SELECT e.kind || ' ' || e.source_id AS what, MIN(e.order_id) AS order_id FROM journal_entries e
            LEFT JOIN postings p ON p.entry_id = e.id GROUP BY e.id, e.kind, e.source_id, p.currency
            HAVING COALESCE(SUM(p.amount_minor), 1) <> 0 OR COUNT(DISTINCT p.account) < 2
            """),
        BookRule(
            "no fact is booked twice",
            """
            SELECT kind || ' ' || source_id AS what, MIN(order_id) AS order_id FROM journal_entries
            GROUP BY kind, source_id HAVING COUNT(*) > 1
            """),
        BookRule(
            // A dead request's hold is over by then, and its row may stay until it is cleared away.
            "no request holds its Idempotency-Key when nobody is at work",
            """
            SELECT scope || ' holds a key until ' || locked_until_ms AS what, NULL AS order_id FROM idempotency_keys
            WHERE status IS NULL AND locked_until_ms > {now}
            """),
        BookRule(
            "no reconciliation runs for ever",
            "SELECT id AS what, NULL AS order_id FROM reconciliation_runs WHERE state = 'running'"),
    ]
}
