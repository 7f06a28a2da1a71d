internal import Database
internal import Identity
internal import Kernel
internal import KessaiAPI
internal import Payments

/// Turns a cart into an order: takes the stock, names the prices, and places the order, in one transaction.
struct CartService: Sendable {
    let database: any Database
    let orders: OrderPlacement

    /// Orders a cart. Throws `ShopError`, `PaymentError.amountNotChargeable` and `.tooManyOpenOrders`; then nothing was taken.
    /// A repeat with the same `requestKey` returns the order that is there, also when the first request runs at this very
    /// moment on a node that was taken for dead.
    func order(
        _ cart: CreateOrderRequest, by principal: Principal, requestKey: String?, cause: Cause
    ) async throws -> (Order, [OrderLine]) {
        var seen: Set<String> = []
        for (place, item) in cart.items.enumerated() where !seen.insert(item.productID).inserted {
            throw ShopError.repeatedProduct(item.productID, item: place)
        }
        do {
            return try await place(cart, by: principal, requestKey: requestKey, cause: cause)
        } catch DatabaseError.uniqueViolation where requestKey != nil {
            // It was placed between the look and the writing; now the look finds it.
            return try await place(cart, by: principal, requestKey: requestKey, cause: cause)
        }
    }

    private func place(
        _ cart: CreateOrderRequest, by principal: Principal, requestKey: String?, cause: Cause
    ) async throws -> (Order, [OrderLine]) {
        try await database.write { [orders] tx in
            if let placed = try orders.placed(requestKey: requestKey, in: tx) {
                return (placed, try OrderLines.of(placed, in: tx))
            }
            let products = ProductRepository(tx: tx)
            var taken: [String: OrderLine] = [:]
            // In one order for all carts, so that two carts never wait for each other's products in a circle.
            for (place, item) in cart.items.enumerated().sorted(by: { $0.element.productID < $1.element.productID }) {
                guard let product = try products.take(item.quantity, of: item.productID) else {
                    guard let known = try products.find(item.productID), known.active else {
                        throw ShopError.productNotFound(item.productID, item: place)
                    }
                    throw ShopError.outOfStock(item.productID, item: place)
                }
                taken[item.productID] = try OrderLine(
                    productID: product.id, description: product.name, quantity: item.quantity,
                    unitAmount: product.unitAmount)
            }
            let lines = cart.items.compactMap { taken[$0.productID] }
            guard Set(lines.map(\.amount.currency)).count == 1 else { throw ShopError.mixedCurrencies }
            let order = try orders.place(
                seller: ShopFulfilment.seller, userID: principal.userID, requestKey: requestKey, lines: lines,
                cause: cause, in: tx)
            return (order, lines)
        }
    }
}
