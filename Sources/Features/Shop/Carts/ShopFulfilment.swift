public import Database
public import Kernel
public import Notifications
public import Payments

/// Delivers a paid cart: records the delivery for the shop's people, and sends the buyer a receipt (law 4).
public struct ShopFulfilment: Fulfilment {
    static let seller = "shop"

    /// `shop`.
    public var seller: String { Self.seller }
    private let notifications: Notifications
    private let addresses: any MailAddresses
    private let clock: any WallClock

    /// Delivers, and tells buyers at their addresses.
    public init(notifications: Notifications, addresses: any MailAddresses, clock: any WallClock) {
        self.notifications = notifications
        self.addresses = addresses
        self.clock = clock
    }

    /// Records the delivery once, by its primary key, and puts the receipt in the outbox.
    public func fulfil(_ order: Order, in tx: Transaction) throws {
        try tx.send(
            "INSERT INTO shop_deliveries (order_id, delivered_at_ms) VALUES (\(order.id), \(clock.now()))")
        guard let user = order.userID, let address = try addresses.address(ofUser: user, in: tx) else { return }
        let lines = try OrderLines.of(order, in: tx).map { line in
            "  \(line.description) × \(line.quantity)  \(line.amount)"
        }
        try notifications.mail(
            to: address, subject: "お支払いが完了しました (注文番号 \(order.number))",
            text: """
                ご注文ありがとうございます。お支払いが完了しました。
                Thank you for your order. Your payment is complete.

                注文番号 / Order: \(order.number)

                \(lines.joined(separator: "\n"))

                合計 / Total: \(order.total)

                """,
            dedupeKey: "shop.receipt:\(order.id)", about: order.id.rawValue, in: tx)
    }

    /// Puts the stock back that the order had taken.
    public func release(_ order: Order, in tx: Transaction) throws {
        let products = ProductRepository(tx: tx)
        for line in try OrderLines.of(order, in: tx).sorted(by: { $0.productID < $1.productID }) {
            try products.putBack(line.quantity, of: line.productID)
        }
    }
}
