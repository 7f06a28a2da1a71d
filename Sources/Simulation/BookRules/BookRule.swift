public import Database

/// What our own rows must be once the world is calm, whatever happened before. The simulator and the drills check the
/// same list, ``all(stock:)``; a feature that sells adds its file and its line in ``sellers(stock:)``. What compares our rows with Stripe's objects,
/// or is demanded by one of the two alone, stands with that one.
public struct BookRule: Sendable {
    /// What breaks a rule.
    public struct Breach: Sendable, Equatable {
        /// Ids and states.
        public let what: String
        /// The id of the order whose story tells more; nil where there is none.
        public let order: String?
    }

    /// The rule, in a sentence that no other rule has.
    public let rule: String
    private let sql: String
    /// How many breaches of one rule are read.
    private static let breachesMax = 1_000_000

    /// A rule whose breaches a query lists, in words that both databases know: `what` describes one, `order_id` is its
    /// order or NULL. `{now}` stands for the moment at which the books are checked, in milliseconds.
    public init(_ rule: String, _ sql: String) {
        self.rule = rule
        self.sql = sql
    }

    /// Everything that breaks it at a moment of the nodes' clocks, in milliseconds since 1970; empty when nothing does. Throws `DatabaseError`, also
    /// for more than a million.
    public func breaches(in database: any Database, atMs now: Int64) async throws -> [Breach] {
        let text = sql.split(separator: "{now}", omittingEmptySubsequences: false).joined(separator: "\(now)")
        return try await database.read { tx in
            try tx.rows(SQL(unsafe: text), rowsMax: Self.breachesMax).map { row in
                Breach(what: try row.text("what"), order: try row.textOrNil("order_id"))
            }
        }
    }

    /// All of them. `stock` is what each product with a stock had at the beginning.
    public static func all(stock: Int64) -> [BookRule] {
        let sellers = sellers(stock: stock)
        return ofEverything + ofOrders(deliveries: deliveries(of: sellers)) + sellers.flatMap(\.rules)
    }

    /// A query of what our own rows, but for the journal, say that Stripe holds: a `sum` for each `currency` of what was
    /// delivered, once for each delivery, less what was given back of it and what banks took; and of the money that pays
    /// nothing, less what was given back of that.
    public static let delivered = """
        SELECT currency, CAST(SUM(amount) AS BIGINT) AS sum FROM (
            SELECT o.currency, o.total_minor - o.refunded_minor AS amount FROM orders o
                JOIN (\(deliveries(of: sellers(stock: 0)))) d ON d.order_id = o.id
            UNION ALL SELECT currency, amount_minor FROM payments WHERE applied = 0
            UNION ALL SELECT r.currency, -r.amount_minor FROM refunds r JOIN payments p ON p.id = r.payment_id
                WHERE p.applied = 0 AND r.state = 'succeeded'
            UNION ALL SELECT currency, -amount_minor FROM disputes
                WHERE status IN ('needs_response', 'under_review', 'lost')) parts
        GROUP BY currency
        """

    /// Whoever sells. One line each.
    private static func sellers(stock: Int64) -> [SellerBooks] { [.shop(stock: stock), .passes] }

    private static func deliveries(of sellers: [SellerBooks]) -> String {
        sellers.map { "SELECT order_id FROM (\($0.deliveries)) of_\($0.name)" }.joined(separator: " UNION ALL ")
    }
}

/// What a feature that sells brings to the books.
struct SellerBooks: Sendable {
    /// Its name in SQL.
    let name: String
    /// A query of its deliveries: `order_id`, once for each.
    let deliveries: String
    /// What must be so of its own rows.
    let rules: [BookRule]
}
