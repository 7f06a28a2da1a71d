public import Database
internal import JSON
public import Kernel

/// How a seller places an order, in the transaction in which it takes what it sells.
public struct OrderPlacement: Sendable {
    let history: OrderHistory
    let clock: any WallClock
    let ids: IDGenerator

    /// How long an order may stay unpaid before it is canceled, unless its seller says otherwise: 24 hours.
    public static let lifetime = Duration.seconds(24 * 3600)

    /// The order that this very request has placed already, before a crash perhaps; nil when there is none.
    public func placed(requestKey: String?, in tx: Transaction) throws -> Order? {
        try requestKey.flatMap { try OrderRepository(tx: tx).find(requestKey: $0) }
    }

    /// An order that exists. Throws `PaymentError.orderNotFound`.
    public func order(_ id: OrderID, in tx: Transaction) throws -> Order {
        guard let order = try OrderRepository(tx: tx).find(.id(id)) else { throw PaymentError.orderNotFound }
        return order
    }

    /// Places an order of lines that the seller priced (law 1); all lines have one currency.
    ///
    /// Throws `PaymentError.amountNotChargeable` when Stripe would not charge the sum, `PaymentError.tooManyOpenOrders`
    /// when the user has 20 that are neither paid nor canceled, and `MoneyError`.
    public func place(
        seller: String, flow: PaymentFlow = .paymentIntent, userID: String?, requestKey: String? = nil,
        lines: [OrderLine], lifetime: Duration = lifetime, cause: Cause, in tx: Transaction
    ) throws -> Order {
        guard let currency = lines.first?.amount.currency else {
            throw PaymentError.amountNotChargeable(minimum: 1, maximum: 0, step: 1)
        }
        var total = Money.zero(currency)
        for line in lines { total = try total.adding(line.amount) }
        guard currency.isChargeable(amountMinor: total.amountMinor) else {
            throw PaymentError.amountNotChargeable(
                minimum: currency.minimumChargeMinor, maximum: currency.maximumChargeMinor,
                step: currency.chargeStepMinor)
        }
        if let userID { try OpenOrders.requireRoom(ofUser: userID, in: tx) }
        let now = clock.now()
        let order = try OrderRepository(tx: tx).insert(
            id: ids.next(Order.self), seller: seller, flow: flow, userID: userID, requestKey: requestKey,
            total: total, lines: lines, createdAt: now, expiresAt: now.adding(lifetime))
        try history.append(
            "order_placed", of: order.id, cause: cause,
            ["total": .int(total.amountMinor), "currency": .string(currency.code), "number": .int(order.number)],
            in: tx)
        return order
    }
}

/// The lines of orders, for their sellers.
public enum OrderLines {
    /// The lines of an order, in the order of the cart.
    public static func of(_ order: Order, in tx: Transaction) throws -> [OrderLine] {
        try OrderRepository(tx: tx).lines(of: order)
    }
}
