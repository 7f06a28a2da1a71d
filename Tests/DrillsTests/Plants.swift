import Drills
import JSON

extension BooksTests {
    private static let paid = "(SELECT id FROM orders WHERE seller = 'shop' AND paid_at_ms IS NOT NULL)"
    private static let given = "(SELECT id FROM orders WHERE status = 'canceled')"

    /// One fault for each rule, or more.
    static let plants: [Plant] =
        morePlants + [
            Plant(rule: "a paid order has one applied payment and one delivery", sql: ["DELETE FROM shop_deliveries"]),
            Plant(
                rule: "a paid order has one applied payment and one delivery",
                sql: [
                    "UPDATE orders SET status = 'paid', canceled_at_ms = NULL, paid_at_ms = 1, fulfilled_at_ms = 1 WHERE id = \(given)"
                ]),
            Plant(
                rule: "an unpaid order has neither",
                sql: ["INSERT INTO shop_deliveries (order_id, delivered_at_ms) VALUES (\(given), 1)"]),
            Plant(
                rule: "an order is paid with its own amount and currency",
                sql: ["UPDATE orders SET total_minor = total_minor + 1 WHERE id = \(paid)"]),
            Plant(
                rule: "an order costs what its lines cost",
                sql: ["UPDATE orders SET total_minor = total_minor + 1 WHERE id = \(given)"]),
            Plant(rule: "money that pays nothing is flagged for a person", sql: [unapplied]),
            Plant(
                rule: "no person is needed, as nobody pays what was given up, or anything else than was asked",
                sql: [
                    """
                    INSERT INTO reviews (id, order_id, kind, source_id, detail, created_at_ms)
                    VALUES ('r', \(given), 'paid_after_cancel', 'pi_x', '{}', 1)
                    """
                ]),
            Plant(
                rule: "nothing is pending for ever, but what a person must look at",
                sql: ["UPDATE orders SET status = 'pending', canceled_at_ms = NULL WHERE id = \(given)"]),
            Plant(
                rule: "nothing is pending for ever, but what a person must look at",
                sql: ["UPDATE payment_attempts SET state = 'submitted', resolved_at_ms = NULL"]),
            Plant(
                rule: "nothing is pending for ever, but what a person must look at",
                sql: unguarded("refunds") + ["UPDATE refunds SET state = 'submitted'"]),
            Plant(
                rule: "nothing is pending for ever, but what a person must look at",
                sql: unguarded("checkout_sessions") + ["UPDATE checkout_sessions SET state = 'open'"]),
            Plant(
                rule: "no refund is pending at Stripe for ever",
                change: { $0.refunds[0] = $0.refunds[0].changing("status", to: "pending") }),
            Plant(
                rule: "no request holds its Idempotency-Key when nobody is at work",
                sql: [
                    """
                    INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, claim, locked_until_ms, expires_at_ms)
                    VALUES ('user u', 'k', 'f', 'c', 4000000000000, 4000000000000)
                    """
                ]),
            Plant(rule: "no refund is pending for ever", sql: ["UPDATE refunds SET state = 'pending'"]),
            Plant(
                rule: "one wish with one key makes one order",
                sql: unguarded("orders") + ["UPDATE orders SET request_key = 'one'"]),
            Plant(
                rule: "no stock is negative",
                sql: unguarded("products") + ["UPDATE products SET stock = -1 WHERE stock IS NOT NULL"]),
            Plant(
                rule: "stock is what was there less what was ordered and not given up",
                sql: ["UPDATE products SET stock = stock - 1"]),
            Plant(
                rule: "an order says what was given back of its payment",
                sql: ["UPDATE orders SET refunded_minor = refunded_minor + 1 WHERE id = \(paid)"]),
            Plant(
                rule: "an event is in the inbox once",
                sql: unguarded("webhook_events") + ["UPDATE webhook_events SET stripe_event_id = 'evt_one'"]),
            Plant(
                rule: "no event waits for ever or ends as a dead letter",
                sql: [
                    "UPDATE webhook_events SET state = 'dead', processed_at_ms = NULL WHERE type = 'charge.succeeded'"
                ]),
            Plant(
                rule: "no job is given up or waits for ever, but for ticks of schedules",
                sql: [
                    """
                    UPDATE jobs SET state = 'dead', last_error = 'planted', finished_at_ms = 1 WHERE kind = 'outbox.deliver'
                    """
                ]),
            Plant(rule: "every message is written down as sent", sql: ["UPDATE outbox SET sent_at_ms = NULL"]),
            Plant(
                rule: "every entry of the journal sums to zero over two accounts or more",
                sql: [
                    """
                    INSERT INTO postings (entry_id, position, account, amount_minor, currency)
                    SELECT id, 99, 'sales', 1, 'jpy' FROM journal_entries LIMIT 1
                    """
                ]),
            Plant(
                rule: "every entry of the journal sums to zero over two accounts or more",
                sql: unguarded("postings") + ["DELETE FROM postings"]),
            Plant(
                rule: "no fact is booked twice",
                sql: unguarded("journal_entries") + ["UPDATE journal_entries SET kind = 'k', source_id = 's'"]),
            Plant(
                rule: "a device has what was delivered to it",
                sql: ["UPDATE devices SET license_purchased_at_ms = NULL"]),
            Plant(
                rule: "a purchase ends with its order",
                sql: ["UPDATE pass_purchases SET state = 'closed', delivered_at_ms = NULL"]),
            Plant(
                rule: "a purchase ends with its order",
                sql: ["UPDATE pass_purchases SET state = 'open', delivered_at_ms = NULL"]),
            Plant(rule: "a device counts its unlocks one by one", sql: [secondPass("a"), secondPass("b")]),
            Plant(rule: "a device pays once for a day", sql: [secondPass("a"), secondPass("b")]),
            Plant(
                rule: "no reconciliation runs for ever",
                sql: [
                    """
                    INSERT INTO reconciliation_runs
                        (id, state, since_ms, until_ms, phase, objects, started_at_ms, locked_until_ms)
                    VALUES ('r', 'running', 1, 2, 'events', 0, 1, 2)
                    """
                ]),
            Plant(
                rule: "an order is charged at most once at Stripe",
                change: { books in
                    books.charges.append(books.charges[0])
                }),
            Plant(
                rule: "every charge is one payment of ours, of the same order, amount and currency",
                change: { books in books.charges.append(books.charges[0]) }),
            Plant(
                rule: "every charge is one payment of ours, of the same order, amount and currency",
                change: { books in books.charges.removeLast() }),
            Plant(
                rule: "every charge is one payment of ours, of the same order, amount and currency",
                change: { books in books.charges[0] = books.charges[0].changing("amount", to: 1) }),
            Plant(
                rule: "refunds are the same on both sides, and one wish is one refund",
                change: { books in
                    books.refunds.append(books.refunds[0].changing("id", to: "re_second"))
                }),
            Plant(rule: "refunds are the same on both sides, and one wish is one refund", change: { $0.refunds = [] }),
            Plant(rule: "a pass is delivered if and only if its one page is paid", change: { $0.sessions = [] }),
            Plant(
                rule: "a pass is delivered if and only if its one page is paid",
                change: { books in
                    books.sessions.append(books.sessions[0])
                }),
            Plant(
                rule: "what is over here cannot be paid at Stripe",
                change: { books in
                    books.intents.append(books.intents[0].changing("status", to: "requires_payment_method"))
                }),
            Plant(
                rule: "nothing is charged for an order that was given up",
                sql: [
                    """
                    UPDATE orders SET status = 'canceled', canceled_at_ms = 1, paid_at_ms = NULL, fulfilled_at_ms = NULL
                    WHERE id = \(paid)
                    """
                ]),
            Plant(
                rule: "journal, Stripe and what was delivered agree on the sum, currency by currency",
                change: { books in
                    books.charges[0] = books.charges[0].changing("amount", to: 1)
                }),
            Plant(
                rule: "every event that Stripe saw acknowledged is in the inbox, and no other than Stripe's are",
                sql: ["DELETE FROM webhook_events WHERE type = 'charge.succeeded'"]),
            Plant(
                rule: "every event that Stripe saw acknowledged is in the inbox, and no other than Stripe's are",
                change: { $0.events.removeFirst() }),
            Plant(
                rule: "a page sells what its order is about, for the order's sum",
                change: { $0.sessions[0] = $0.sessions[0].changing("amount_total", to: 1) }),
            Plant(
                rule: "a page sells what its order is about, for the order's sum",
                change: { $0.sessions[0] = $0.sessions[0].changing("client_reference_id", to: "another") }),
            Plant(
                rule: "a page sells what its order is about, for the order's sum",
                change: { books in
                    books.items = books.items.mapValues { $0.map { $0.changing("description", to: "another") } }
                }),
            Plant(rule: "a page sells what its order is about, for the order's sum", change: { $0.items = [:] }),
            Plant(
                rule: "an order is paid by its own customer, and a device's by nobody's",
                change: { books in
                    books.charges = books.charges.map { $0.changing("customer", to: "cus_another") }
                }),
            Plant(
                rule: "an order is paid by its own customer, and a device's by nobody's",
                sql: ["UPDATE orders SET stripe_customer_id = NULL"]),
            Plant(
                rule: "an order is paid by its own customer, and a device's by nobody's",
                sql: ["UPDATE orders SET stripe_customer_id = 'cus_device' WHERE user_id IS NULL"]),
            // Nobody's money for an order without a customer, which is a user's.
            Plant(
                rule: "an order is paid by its own customer, and a device's by nobody's",
                sql: ["UPDATE orders SET stripe_customer_id = NULL"],
                change: { books in books.charges = books.charges.map { $0.changing("customer", to: .null) } }),
            Plant(rule: "every message was sent, and is shown once", change: { $0.mails = [] }),
            Plant(rule: "every message was sent, and is shown once", change: { $0.mails.insert("another.eml") }),
            Plant(
                rule: "what an answer promised is there",
                change: { books in
                    books.memory.learn(.registered(email: "nobody@example.com"))
                }),
            Plant(rule: "what an answer promised is there", sql: ["UPDATE refunds SET state = 'failed'"]),
            Plant(
                rule: "there are no more orders and refunds than were wished for",
                sql: unguarded("orders") + ["INSERT INTO orders SELECT * FROM guarded WHERE seller = 'passes'"]),
            Plant(
                rule: "there are no more orders and refunds than were wished for",
                sql: unguarded("orders") + ["INSERT INTO orders SELECT * FROM guarded WHERE seller = 'shop'"]),
            Plant(
                rule: "there are no more orders and refunds than were wished for",
                sql: [
                    """
                    INSERT INTO refunds (id, order_id, payment_id, amount_minor, currency, reason, state,
                        stripe_refund_id, requested_by, created_at_ms, updated_at_ms)
                    SELECT 'second', order_id, payment_id, 1, currency, reason, state, 're_second', requested_by, 1, 1
                    FROM refunds
                    """
                ]),
            Plant(rule: "every patient client was served", change: { $0.memory.waitedInVain("POST /api/orders: 503") }),
        ]

    private static let unapplied = """
        INSERT INTO payments (id, order_id, stripe_payment_intent_id, amount_minor, currency, applied, created_at_ms)
        VALUES ('p', \(given), 'pi_x', 980, 'jpy', 0, 1)
        """

    /// What the schema's keys and checks refuse is planted in a table without them.
    static func unguarded(_ table: String) -> [String] {
        ["ALTER TABLE \(table) RENAME TO guarded", "CREATE TABLE \(table) AS SELECT * FROM guarded"]
    }

    private static func secondPass(_ name: String) -> String {
        """
        INSERT INTO pass_purchases (order_id, device_id, product_type, token_salt, token_hash, token_expires_at_ms,
            return_url, state, created_at_ms, delivered_at_ms, unlock_count, unlock_date)
        VALUES ('\(name)', 'a-device-of-ours', 'daypass', 's', '\(name)', 1, 'drill://purchase', 'delivered', 1, 1, 1,
            '2026-11-21')
        """
    }
}

extension JSONValue {
    /// The object with another member.
    func changing(_ name: String, to value: JSONValue) -> JSONValue {
        var object = object ?? [:]
        object[name] = value
        return .object(object)
    }
}
