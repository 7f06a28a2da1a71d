internal import Database
internal import Kernel
internal import Payments

/// Purchases in the database, within a transaction.
struct PurchaseRepository {
    let tx: Transaction

    private static let columns = """
        order_id, device_id, product_type, token_salt, token_hash, token_expires_at_ms, return_url, state, \
        delivered_at_ms, unlock_count, unlock_date
        """

    func insert(_ purchase: Purchase, at now: Timestamp) throws {
        try tx.send(
            """
            INSERT INTO pass_purchases (order_id, device_id, product_type, token_salt, token_hash,
                token_expires_at_ms, return_url, state, created_at_ms)
            VALUES (\(purchase.orderID), \(purchase.deviceID), \(purchase.product.rawValue), \(purchase.tokenSalt),
                \(purchase.tokenHash), \(purchase.tokenExpiresAt), \(purchase.returnURL), 'open', \(now))
            """)
    }

    func find(order: OrderID) throws -> Purchase? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM pass_purchases WHERE order_id = \(order)").map(Purchase.init)
    }

    func find(tokenHash: String) throws -> Purchase? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM pass_purchases WHERE token_hash = \(tokenHash)")
            .map(Purchase.init)
    }

    /// The open purchases of a device, at most one a product.
    func open(of device: String) throws -> [Purchase] {
        try tx.rows(
            """
            SELECT \(unsafe: Self.columns) FROM pass_purchases
            WHERE device_id = \(device) AND state = 'open' ORDER BY product_type
            """
        ).map(Purchase.init)
    }

    /// Writes the end of an open purchase; returns false, and changes nothing, when it has ended already.
    func finish(_ purchase: Purchase) throws -> Bool {
        try tx.execute(
            """
            UPDATE pass_purchases SET state = \(purchase.state.rawValue), delivered_at_ms = \(purchase.deliveredAt),
                unlock_count = \(purchase.unlockCount), unlock_date = \(purchase.unlockDate?.description)
            WHERE order_id = \(purchase.orderID) AND state = 'open'
            """) == 1
    }
}

extension Purchase {
    fileprivate init(_ row: Row) throws {
        guard let state = State(rawValue: try row.text("state")) else {
            throw DatabaseError.unexpectedColumn("state")
        }
        guard let product = ProductType(rawValue: try row.text("product_type")) else {
            throw DatabaseError.unexpectedColumn("product_type")
        }
        self.init(
            orderID: try row.id("order_id"), deviceID: try row.text("device_id"), product: product,
            tokenSalt: try row.text("token_salt"), tokenHash: try row.text("token_hash"),
            tokenExpiresAt: try row.time("token_expires_at_ms"), returnURL: try row.text("return_url"), state: state,
            deliveredAt: try row.timeOrNil("delivered_at_ms"), unlockCount: try row.intOrNil("unlock_count"),
            unlockDate: try row.textOrNil("unlock_date").flatMap { CalendarDay($0) })
    }
}
