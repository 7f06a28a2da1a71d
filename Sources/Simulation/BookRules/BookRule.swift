public import Database

/// What our own rows must be once the world is calm, whatever happened before. The simulator and the drills check the
/// same list, ``all(stock:)``; a feature adds its file and its line there. What compares our rows with Stripe's objects,
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
    /// order or NULL.
    public init(_ rule: String, _ sql: String) {
        self.rule = rule
        self.sql = sql
    }

    /// Everything that breaks it; empty when nothing does. Throws `DatabaseError`, also
    /// for more than a million.
    public func breaches(in database: any Database) async throws -> [Breach] {
        try await database.read { tx in
            try tx.rows(SQL(unsafe: sql), rowsMax: Self.breachesMax).map { row in
                Breach(what: try row.text("what"), order: try row.textOrNil("order_id"))
            }
        }
    }

    /// All of them. `stock` is what each product with a stock had at the beginning.
    public static func all(stock: Int64) -> [BookRule] { ofEverything + ofOrders(stock: stock) + ofPasses }
}
