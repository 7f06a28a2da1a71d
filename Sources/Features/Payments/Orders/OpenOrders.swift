internal import Database

/// How many unpaid orders an account may have: each keeps stock from other buyers until it is paid or ends.
enum OpenOrders {
    /// Orders of one account that are neither paid nor canceled, at most (law 14).
    static let ofUserMax = 20

    /// Finds a user's open orders without reading their paid ones.
    static let migration = Migration(
        "payments/0010_open_orders",
        ["CREATE INDEX orders_open_by_user ON orders (user_id) WHERE status IN ('pending', 'awaiting_payment')"])

    /// Throws `PaymentError.tooManyOpenOrders` when the user has as many as may be.
    ///
    /// Orders that several connections of PostgreSQL place for one user at the same moment do not see each other, so
    /// the bound may be exceeded by as many as run at once; this holds back hoarding, not a single order.
    static func requireRoom(ofUser userID: String, in tx: Transaction) throws {
        // The condition is the index's own, so that the index is used.
        let row = try tx.row(
            """
            SELECT CAST(COUNT(*) AS BIGINT) AS open_orders FROM (
                SELECT 1 AS one FROM orders
                WHERE user_id = \(userID) AND status IN ('pending', 'awaiting_payment') LIMIT \(ofUserMax)) AS found
            """)
        guard let row, try row.int("open_orders") < ofUserMax else { throw PaymentError.tooManyOpenOrders }
    }
}
