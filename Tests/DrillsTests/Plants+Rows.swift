import Drills
import JSON

extension BooksTests {
    private static let sums = "journal, Stripe and what was delivered agree on the sum, currency by currency"
    private static let receipt = "every delivery of the shop has one receipt, and nothing else has one"
    private static let sides = "no account of an order is on the wrong side of zero"
    private static let day = "a day pass is for the day in Tokyo on which it was delivered"
    private static let shopOrder = "(SELECT order_id FROM shop_deliveries)"

    /// Faults of goods, refunds and sums.
    static let morePlants: [Plant] = [
        Plant(rule: receipt, sql: ["DELETE FROM outbox"]),
        Plant(
            rule: receipt,
            sql: [
                "INSERT INTO outbox (id, channel, dedupe_key, subject, body, created_at_ms, attempts)"
                    + " SELECT 'second', channel, dedupe_key || ':again', subject, body, 1, 0 FROM outbox"
            ]),
        Plant(rule: receipt, sql: ["UPDATE outbox SET subject = 'another'"]),
        Plant(
            rule: "nothing is delivered for an order that is not there",
            sql: ["INSERT INTO shop_deliveries (order_id, delivered_at_ms) VALUES ('nobody', 1)"]),
        Plant(
            rule: "no payment, applied or not, is given back by more than it brought",
            sql: unguarded("payments") + ["UPDATE payments SET amount_minor = 99, applied = 0"]),
        Plant(
            rule: "a refund is of its payment's order and currency",
            sql: unguarded("refunds") + ["UPDATE refunds SET currency = 'usd'"]),
        Plant(
            rule: "a refund is of its payment's order and currency",
            sql: unguarded("refunds") + ["UPDATE refunds SET order_id = 'another'"]),
        Plant(rule: sides, sql: unguarded("postings") + ["UPDATE postings SET amount_minor = -amount_minor"]),
        Plant(
            rule: sides,
            sql: unguarded("postings") + [
                "UPDATE postings SET amount_minor = 100 * amount_minor WHERE account = 'refunds'"
            ]),
        Plant(
            rule: "a purchase is of what its order is about, and of nothing else",
            sql: ["UPDATE pass_purchases SET product_type = 'daypass', unlock_count = 1, unlock_date = '2026-11-21'"]),
        Plant(
            rule: "no device counts below zero or beyond what it has",
            sql: unguarded("devices") + ["UPDATE devices SET unlock_count = -1"]),
        Plant(
            rule: "no device counts below zero or beyond what it has",
            sql: ["UPDATE pass_purchases SET unlock_count = 7"]),
        // 23:59:59.999 in Tokyo is the day that ends; a millisecond later it is the next, in London still the same.
        Plant(rule: day, sql: [pass(1_795_273_199_999, "2026-11-22")]),
        Plant(rule: day, sql: [pass(1_795_273_200_000, "2026-11-21")]),
        Plant(rule: sums, change: { $0.charges[0] = $0.charges[0].changing("currency", to: "usd") }),
        Plant(rule: sums, sql: ["DELETE FROM shop_deliveries"]),
        Plant(
            rule: sums,
            sql: ["INSERT INTO shop_deliveries (order_id, delivered_at_ms) SELECT order_id, 1 FROM pass_purchases"]),
        Plant(rule: sums, sql: unguarded("postings") + ["UPDATE postings SET currency = 'usd'"]),
    ]

    private static func pass(_ deliveredMs: Int64, _ day: String) -> String {
        "UPDATE pass_purchases SET delivered_at_ms = \(deliveredMs), unlock_count = 1, unlock_date = '\(day)'"
    }
}
