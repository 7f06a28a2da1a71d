internal import Database

/// The schema of orders and of the money that belongs to them, in the order it grew.
enum PaymentsMigrations {
    static let all: [Migration] = [
        orders, money, inbox, refunds, appendOnly, repairs, sweepTries, refundGuards, blankedEvents,
        OpenOrders.migration, operatorLists, reconciliation, checkout, clusteredRows,
    ]

    /// Orders, their lines, the attempts to pay them, and their life story.
    private static let orders = Migration(
        "payments/0001_orders",
        sqlite: [orderTable(number: "number INTEGER PRIMARY KEY AUTOINCREMENT")].map(strict)
            + orderRelatives.map(strict),
        postgresql: [orderTable(number: "number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")] + orderRelatives)

    private static func orderTable(number: String) -> String {
        """
        CREATE TABLE orders (
            \(number),
            id TEXT NOT NULL UNIQUE,
            seller TEXT NOT NULL,
            user_id TEXT,
            request_key TEXT UNIQUE,
            total_minor BIGINT NOT NULL CHECK (total_minor > 0),
            currency TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('pending', 'awaiting_payment', 'paid', 'partially_refunded',
                'refunded', 'canceled', 'needs_review')),
            attempt BIGINT NOT NULL DEFAULT 0 CHECK (attempt >= 0),
            stripe_customer_id TEXT,
            stripe_payment_intent_id TEXT UNIQUE,
            refunded_minor BIGINT NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0 AND refunded_minor <= total_minor),
            disputed BIGINT NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
            created_at_ms BIGINT NOT NULL,
            expires_at_ms BIGINT NOT NULL,
            cancel_requested_at_ms BIGINT,
            canceled_at_ms BIGINT,
            paid_at_ms BIGINT,
            fulfilled_at_ms BIGINT,
            CHECK ((paid_at_ms IS NULL) = (fulfilled_at_ms IS NULL)),
            CHECK ((status IN ('paid', 'partially_refunded', 'refunded')) = (paid_at_ms IS NOT NULL)),
            CHECK ((status = 'canceled') = (canceled_at_ms IS NOT NULL)),
            CHECK (status <> 'awaiting_payment' OR stripe_payment_intent_id IS NOT NULL)
        )
        """
    }

    private static let orderRelatives = [
        "CREATE INDEX orders_by_user ON orders (user_id, number)",
        "CREATE INDEX orders_unpaid ON orders (expires_at_ms) WHERE status IN ('pending', 'awaiting_payment')",
        """
        CREATE INDEX orders_canceling ON orders (cancel_requested_at_ms)
        WHERE cancel_requested_at_ms IS NOT NULL AND status IN ('pending', 'awaiting_payment')
        """,
        """
        CREATE TABLE order_lines (
            order_id TEXT NOT NULL REFERENCES orders (id),
            position BIGINT NOT NULL,
            product_id TEXT NOT NULL,
            description TEXT NOT NULL,
            quantity BIGINT NOT NULL CHECK (quantity > 0),
            unit_amount_minor BIGINT NOT NULL CHECK (unit_amount_minor >= 0),
            amount_minor BIGINT NOT NULL CHECK (amount_minor = unit_amount_minor * quantity),
            PRIMARY KEY (order_id, position)
        )
        """,
        """
        CREATE TABLE payment_attempts (
            order_id TEXT NOT NULL REFERENCES orders (id),
            attempt BIGINT NOT NULL CHECK (attempt > 0),
            idempotency_key TEXT NOT NULL UNIQUE,
            amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
            currency TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('submitted', 'opened', 'refused', 'closed')),
            stripe_payment_intent_id TEXT UNIQUE,
            stripe_request_id TEXT,
            refusal_code TEXT,
            submitted_at_ms BIGINT NOT NULL,
            resolved_at_ms BIGINT,
            PRIMARY KEY (order_id, attempt),
            CHECK ((state = 'submitted') = (resolved_at_ms IS NULL)),
            CHECK (state <> 'opened' OR stripe_payment_intent_id IS NOT NULL)
        )
        """,
        "CREATE INDEX payment_attempts_unresolved ON payment_attempts (submitted_at_ms) WHERE state = 'submitted'",
        "CREATE UNIQUE INDEX payment_attempts_one_open ON payment_attempts (order_id) "
            + "WHERE state IN ('submitted', 'opened')",
        """
        CREATE TABLE order_history (
            id TEXT NOT NULL PRIMARY KEY,
            order_id TEXT NOT NULL REFERENCES orders (id),
            at_ms BIGINT NOT NULL,
            kind TEXT NOT NULL,
            cause_kind TEXT NOT NULL,
            cause_id TEXT NOT NULL,
            detail TEXT NOT NULL
        )
        """,
        "CREATE INDEX order_history_by_order ON order_history (order_id, id)",
        """
        CREATE TABLE stripe_customers (
            user_id TEXT NOT NULL PRIMARY KEY,
            attempt BIGINT NOT NULL CHECK (attempt > 0),
            stripe_customer_id TEXT UNIQUE,
            submitted_at_ms BIGINT NOT NULL
        )
        """,
    ]

    /// What was received, what was booked, and what a person must look at.
    private static let money = Migration(
        "payments/0002_money",
        [
            """
            CREATE TABLE payments (
                id TEXT NOT NULL PRIMARY KEY,
                order_id TEXT NOT NULL REFERENCES orders (id),
                stripe_payment_intent_id TEXT NOT NULL UNIQUE,
                stripe_charge_id TEXT,
                amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
                currency TEXT NOT NULL,
                applied BIGINT NOT NULL CHECK (applied IN (0, 1)),
                created_at_ms BIGINT NOT NULL
            )
            """,
            "CREATE INDEX payments_by_order ON payments (order_id)",
            "CREATE UNIQUE INDEX payments_one_applied ON payments (order_id) WHERE applied = 1",
            """
            CREATE TABLE journal_entries (
                id TEXT NOT NULL PRIMARY KEY,
                order_id TEXT NOT NULL REFERENCES orders (id),
                kind TEXT NOT NULL,
                source_id TEXT NOT NULL,
                created_at_ms BIGINT NOT NULL,
                UNIQUE (kind, source_id)
            )
            """,
            "CREATE INDEX journal_entries_by_order ON journal_entries (order_id)",
            """
            CREATE TABLE postings (
                entry_id TEXT NOT NULL REFERENCES journal_entries (id),
                position BIGINT NOT NULL,
                account TEXT NOT NULL CHECK (account IN ('stripe_balance', 'sales', 'refunds', 'unapplied_payments',
                    'disputes')),
                amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
                currency TEXT NOT NULL,
                PRIMARY KEY (entry_id, position)
            )
            """,
            """
            CREATE TABLE reviews (
                id TEXT NOT NULL PRIMARY KEY,
                order_id TEXT NOT NULL REFERENCES orders (id),
                kind TEXT NOT NULL,
                source_id TEXT NOT NULL,
                detail TEXT NOT NULL,
                created_at_ms BIGINT NOT NULL,
                resolved_at_ms BIGINT,
                resolved_by TEXT,
                note TEXT,
                UNIQUE (order_id, kind, source_id),
                CHECK ((resolved_at_ms IS NULL) = (resolved_by IS NULL))
            )
            """,
            "CREATE INDEX reviews_open ON reviews (created_at_ms) WHERE resolved_at_ms IS NULL",
        ])

    /// Every signed event, once.
    private static let inbox = Migration(
        "payments/0003_inbox",
        [
            """
            CREATE TABLE webhook_events (
                id TEXT NOT NULL PRIMARY KEY,
                stripe_event_id TEXT NOT NULL UNIQUE,
                type TEXT NOT NULL,
                api_version TEXT,
                livemode BIGINT NOT NULL CHECK (livemode IN (0, 1)),
                path TEXT NOT NULL,
                payload BYTEA NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('applied', 'ignored', 'waiting', 'dead')),
                outcome TEXT NOT NULL,
                order_id TEXT,
                stripe_created_at_ms BIGINT NOT NULL,
                received_at_ms BIGINT NOT NULL,
                processed_at_ms BIGINT,
                CHECK ((state IN ('applied', 'ignored')) = (processed_at_ms IS NOT NULL))
            )
            """,
            "CREATE INDEX webhook_events_unfinished ON webhook_events (received_at_ms) "
                + "WHERE state IN ('waiting', 'dead')",
            "CREATE INDEX webhook_events_by_order ON webhook_events (order_id) WHERE order_id IS NOT NULL",
            """
            CREATE TABLE installation (
                singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
                id TEXT NOT NULL
            )
            """,
        ])

    /// Money on its way back: by an operator, by Stripe's dashboard, by a dispute.
    private static let refunds = Migration(
        "payments/0004_refunds",
        [
            """
            CREATE TABLE refunds (
                id TEXT NOT NULL PRIMARY KEY,
                order_id TEXT NOT NULL REFERENCES orders (id),
                payment_id TEXT NOT NULL REFERENCES payments (id),
                amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
                currency TEXT NOT NULL,
                reason TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('submitted', 'pending', 'succeeded', 'failed', 'canceled',
                    'refused')),
                idempotency_key TEXT UNIQUE,
                request_key TEXT UNIQUE,
                stripe_refund_id TEXT UNIQUE,
                refusal_code TEXT,
                requested_by TEXT NOT NULL,
                created_at_ms BIGINT NOT NULL,
                updated_at_ms BIGINT NOT NULL,
                CHECK (state IN ('submitted', 'refused') OR stripe_refund_id IS NOT NULL)
            )
            """,
            "CREATE INDEX refunds_by_order ON refunds (order_id)",
            "CREATE INDEX refunds_by_payment ON refunds (payment_id)",
            "CREATE INDEX refunds_unresolved ON refunds (created_at_ms) WHERE state = 'submitted'",
            """
            CREATE TABLE disputes (
                stripe_dispute_id TEXT NOT NULL PRIMARY KEY,
                order_id TEXT NOT NULL REFERENCES orders (id),
                payment_id TEXT NOT NULL REFERENCES payments (id),
                amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
                currency TEXT NOT NULL,
                reason TEXT NOT NULL,
                status TEXT NOT NULL,
                snapshot_at_ms BIGINT NOT NULL,
                created_at_ms BIGINT NOT NULL
            )
            """,
            "CREATE INDEX disputes_by_order ON disputes (order_id)",
        ])

    /// Law 10: rows of money and of history are appended, never edited or deleted.
    private static let appendOnly = Migration(
        "payments/0005_append_only",
        sqlite: appendOnlyTables.flatMap { table in
            ["UPDATE", "DELETE"].map { verb in
                """
                CREATE TRIGGER \(table)_no_\(verb.lowercased()) BEFORE \(verb) ON \(table)
                BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END
                """
            }
        },
        postgresql: [
            """
            CREATE FUNCTION kessai_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
            """
        ]
            + appendOnlyTables.map { table in
                """
                CREATE TRIGGER \(table)_append_only BEFORE UPDATE OR DELETE ON \(table)
                FOR EACH ROW EXECUTE FUNCTION kessai_append_only()
                """
            }
            + appendOnlyTables.map { table in
                """
                CREATE TRIGGER \(table)_no_truncate BEFORE TRUNCATE ON \(table)
                FOR EACH STATEMENT EXECUTE FUNCTION kessai_append_only()
                """
            })

    /// What operators list and filter by.
    private static let operatorLists = Migration(
        "payments/0011_operator_lists",
        [
            "CREATE INDEX orders_by_status ON orders (status, number)",
            "CREATE INDEX reviews_by_time ON reviews (created_at_ms, id)",
        ])

    private static let appendOnlyTables = ["payments", "journal_entries", "postings", "order_history", "order_lines"]

    private static func strict(_ statement: String) -> String {
        Migration("", [statement]).sqlite[0]
    }
}
