internal import Database

extension PaymentsMigrations {
    /// Pages of Stripe Checkout, one an order.
    static let checkout = Migration(
        "payments/0013_checkout_sessions",
        [
            """
            ALTER TABLE orders ADD COLUMN payment_flow TEXT NOT NULL DEFAULT 'payment_intent'
                CHECK (payment_flow IN ('payment_intent', 'checkout'))
            """,
            """
            CREATE TABLE checkout_sessions (
                order_id TEXT NOT NULL PRIMARY KEY REFERENCES orders (id),
                idempotency_key TEXT NOT NULL UNIQUE,
                state TEXT NOT NULL CHECK (state IN ('submitted', 'open', 'processing', 'paid', 'expired', 'failed',
                    'refused')),
                stripe_checkout_session_id TEXT UNIQUE,
                stripe_request_id TEXT,
                url TEXT,
                locale TEXT,
                payment_method_types TEXT NOT NULL,
                page_lifetime_ms BIGINT NOT NULL CHECK (page_lifetime_ms > 0),
                page_expires_at_ms BIGINT NOT NULL,
                refusal_code TEXT,
                submitted_at_ms BIGINT NOT NULL,
                resolved_at_ms BIGINT,
                undelivered_at_ms BIGINT,
                CHECK ((state = 'submitted') = (resolved_at_ms IS NULL)),
                CHECK (state NOT IN ('open', 'processing') OR stripe_checkout_session_id IS NOT NULL)
            )
            """,
            "CREATE INDEX checkout_sessions_unresolved ON checkout_sessions (submitted_at_ms) "
                + "WHERE state = 'submitted'",
        ])
}
