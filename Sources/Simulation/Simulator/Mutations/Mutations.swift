internal import Database

/// The bugs that can be planted.
public enum Mutations {
    /// All of them.
    public static let all: [Mutation] = schema + wire + time + edge

    /// Planted under the statements and in the schema.
    private static let schema: [Mutation] = [
        rewriting("fulfil_outside_transaction", "the delivery is written after the payment's transaction") { text in
            text.contains("INSERT INTO shop_deliveries") ? .later : .kept
        },
        rewriting(
            "missing_unique_event", "the inbox has no unique index",
            schema: { text in
                text.replacing("stripe_event_id TEXT NOT NULL UNIQUE", with: "stripe_event_id TEXT NOT NULL")
            }
        ) { text in
            if text.contains("SELECT 1 AS one FROM webhook_events") { return .empty }
            let conflict = "ON CONFLICT (stripe_event_id) DO NOTHING"
            return text.contains(conflict) ? .text(text.replacing(conflict, with: "")) : .kept
        },
        rewriting(
            "settle_twice", "a payment that is known is settled again",
            schema: { text in
                text.replacing(
                    "stripe_payment_intent_id TEXT NOT NULL UNIQUE", with: "stripe_payment_intent_id TEXT NOT NULL"
                ).replacing("UNIQUE (kind, source_id)", with: "CHECK (kind <> '')")
                    .replacing("UNIQUE (order_id, kind, source_id)", with: "CHECK (order_id <> '')")
            }
        ) { text in
            if text.contains("ON CONFLICT (order_id, kind, source_id)")
                || text.contains("ON CONFLICT (kind, source_id)")
            {
                return .text(text.split(separator: "ON CONFLICT")[0] + "")
            }
            return text.contains("FROM payments WHERE stripe_payment_intent_id") ? .empty : .kept
        },
        rewriting(
            "stock_without_guard", "stock is taken without looking whether it is there",
            schema: { text in
                text.replacing("CHECK (stock IS NULL OR stock BETWEEN 0 AND 1000000000)", with: "")
            }
        ) { text in
            guard text.contains("UPDATE products"), text.contains("stock >=") else { return .kept }
            return .text(text.replacing("stock >=", with: "stock + 1000000 >="))
        },
        rewriting("receipt_forgotten", "the receipt is not put in the outbox") { text in
            text.contains("INSERT INTO outbox") ? .skipped(changedRows: 1) : .kept
        },
        rewriting("no_sweep", "what requests left unfinished is never looked for") { text in
            text.contains("COALESCE(t.tries, 0) AS tries") ? .empty : .kept
        },
        rewriting(
            "two_open_purchases", "a device's open purchase is not looked for, and the index is missing",
            schema: { text in
                text.hasPrefix("CREATE UNIQUE INDEX pass_purchases_one_open")
                    ? text.replacing("CREATE UNIQUE INDEX", with: "CREATE INDEX") : text
            }
        ) { text in
            text.contains("FROM pass_purchases") && text.contains("state = 'open' ORDER BY") ? .empty : .kept
        },
        rewriting("another_product", "a licence is delivered for the price of a day pass") { text in
            text.contains("INSERT INTO pass_purchases")
                ? .text(
                    text.replacing("VALUES ($1, $2, $3,", with: "VALUES ($1, $2, REPLACE($3, 'daypass', 'license'),"))
                : .kept
        },
        rewriting("utc_day", "a day pass is for the day in London, not in Tokyo") { text in
            guard text.contains("UPDATE pass_purchases SET state") else { return .kept }
            return .text(
                text.replacing(
                    "unlock_date = $4",
                    with: "unlock_date = CASE WHEN $4 IS NOT NULL THEN date($2 / 1000, 'unixepoch') END"))
        },
        rewriting("trust_event_order", "what comes last is taken for the newest") { text in
            text.contains("snapshot_at_ms FROM disputes")
                ? .text(text.replacing("snapshot_at_ms FROM", with: "0 AS snapshot_at_ms FROM")) : .kept
        },
        rewriting("stock_not_released", "an order that is given up keeps its stock") { text in
            text.contains("UPDATE products SET stock = CASE") ? .skipped(changedRows: 1) : .kept
        },
        rewriting("customer_forgotten", "an order does not remember whom its intent was made for") { text in
            guard text.contains("UPDATE orders SET") else { return .kept }
            return .text(text.replacing(/(stripe_customer_id = )(\$\d+)/) { "\($0.1)NULLIF(\($0.2), \($0.2))" })
        },
        rewriting("job_forgotten", "a follow-up is lost: a job is not stored with what it follows") { text in
            text.contains("INSERT INTO jobs") ? .skipped(changedRows: 1) : .kept
        },
    ]

    static func rewriting(
        _ name: String, _ summary: String, schema: (@Sendable (String) -> String)? = nil,
        _ rewrite: @escaping @Sendable (String) -> Rewriting
    ) -> Mutation {
        Mutation(name, summary).with { mutation in
            mutation.changeSchema = schema
            let known = KnownRewritings(rewrite)
            mutation.wrapDatabase = { RewritingDatabase(inner: $0, rewrite: known.rewriting) }
        }
    }
}
