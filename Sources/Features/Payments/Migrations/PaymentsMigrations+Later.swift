internal import Database

// What was added to the first tables.
extension PaymentsMigrations {
    /// How many times the amount of an attempt's intent was brought up to its order's: each repair has a key of its own.
    static let repairs = Migration(
        "payments/0006_repairs",
        ["ALTER TABLE payment_attempts ADD COLUMN repairs BIGINT NOT NULL DEFAULT 0 CHECK (repairs >= 0)"])

    /// How often the sweep has tried what it cannot finish, and when it may try again.
    static let sweepTries = Migration(
        "payments/0007_sweep_tries",
        [
            """
            CREATE TABLE sweep_tries (
                kind TEXT NOT NULL,
                id TEXT NOT NULL,
                tries BIGINT NOT NULL CHECK (tries > 0),
                next_try_at_ms BIGINT NOT NULL,
                PRIMARY KEY (kind, id)
            )
            """,
            "CREATE INDEX sweep_tries_by_time ON sweep_tries (next_try_at_ms)",
        ])

    /// Law 10: a refund's state changes; what it is about, and how much, never does, and no refund is deleted.
    static let refundGuards = Migration(
        "payments/0008_refund_guards",
        sqlite: [
            """
            CREATE TRIGGER refunds_keep_money BEFORE UPDATE ON refunds
            WHEN \(refundMoneyChanged)
            BEGIN SELECT RAISE(ABORT, 'refunds keep their money'); END
            """,
            """
            CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds
            BEGIN SELECT RAISE(ABORT, 'refunds are never deleted'); END
            """,
        ],
        postgresql: [
            """
            CREATE TRIGGER refunds_keep_money BEFORE UPDATE ON refunds FOR EACH ROW
            WHEN (\(refundMoneyChanged)) EXECUTE FUNCTION kessai_append_only()
            """,
            """
            CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds
            FOR EACH ROW EXECUTE FUNCTION kessai_append_only()
            """,
            """
            CREATE TRIGGER refunds_no_truncate BEFORE TRUNCATE ON refunds
            FOR EACH STATEMENT EXECUTE FUNCTION kessai_append_only()
            """,
        ])

    /// Stripe's id of it is written once, when it is known.
    private static let refundMoneyChanged = """
        NEW.id <> OLD.id OR NEW.order_id <> OLD.order_id OR NEW.payment_id <> OLD.payment_id
            OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency
            OR NEW.idempotency_key IS DISTINCT FROM OLD.idempotency_key
            OR (OLD.stripe_refund_id IS NOT NULL AND NEW.stripe_refund_id IS DISTINCT FROM OLD.stripe_refund_id)
        """

    /// When the payload of an event was blanked; finds those that are old enough.
    static let blankedEvents = Migration(
        "payments/0009_blanked_events",
        [
            "ALTER TABLE webhook_events ADD COLUMN blanked_at_ms BIGINT",
            "CREATE INDEX webhook_events_to_blank ON webhook_events (processed_at_ms) "
                + "WHERE blanked_at_ms IS NULL AND processed_at_ms IS NOT NULL",
        ])
}
