public import Audit
public import Database
internal import JSON
public import Kernel

/// Operators keep the products; every change leaves an audit entry in its own transaction.
public struct ProductService: Sendable {
    let database: any Database
    let audit: AuditTrail
    let clock: any WallClock

    /// Keeps products in `database`.
    public init(database: any Database, audit: AuditTrail, clock: any WallClock) {
        self.database = database
        self.audit = audit
        self.clock = clock
    }

    /// What an operator changes; nil leaves as it is.
    struct Change: Sendable {
        var name: String?
        var description: String?
        var unitAmountMinor: Int64?
        var stock: Int64??
        var active: Bool?
    }

    /// Adds a product. Throws `ShopError.productExists`.
    func create(_ product: Product, by actor: AuditActor) async throws -> Product {
        let now = clock.now()
        return try await database.write { [audit] tx in
            guard try ProductRepository(tx: tx).insert(product, at: now) else { throw ShopError.productExists }
            try audit.record(
                actor: actor, action: "product.created", subjectKind: "product", subjectID: product.id, before: nil,
                after: product.json, in: tx)
            return product
        }
    }

    /// Changes a product; orders that were placed keep their prices. Throws `ShopError.productNotFound`.
    func change(_ id: String, _ change: Change, by actor: AuditActor) async throws -> Product {
        let now = clock.now()
        return try await database.write { [audit] tx in
            let products = ProductRepository(tx: tx)
            guard let before = try products.lock(id) else { throw ShopError.productNotFound(id) }
            var product = before
            product.name = change.name ?? product.name
            product.description = change.description ?? product.description
            if let amount = change.unitAmountMinor { product.unitAmount = Money(amount, product.unitAmount.currency) }
            if let stock = change.stock { product.stock = stock }
            product.active = change.active ?? product.active
            guard product != before else { return before }
            try products.update(product, at: now)
            try audit.record(
                actor: actor, action: "product.changed", subjectKind: "product", subjectID: id, before: before.json,
                after: product.json, in: tx)
            return product
        }
    }

    /// What an import did.
    public struct ImportReport: Sendable, Equatable {
        /// New products.
        public let created: Int
        /// Changed products.
        public let changed: Int
        /// Products that were as the file says.
        public let unchanged: Int
    }

    /// Adds and changes products as a list says, all in one transaction: all of it happens, or nothing. A repeat
    /// changes nothing. Throws `ShopError.currencyChanged`.
    public func importAll(_ list: [Product], by actor: AuditActor) async throws -> ImportReport {
        let now = clock.now()
        return try await database.write { [audit] tx in
            let products = ProductRepository(tx: tx)
            var (created, changed, unchanged) = (0, 0, 0)
            // In one order for all imports and carts, so that none waits for another in a circle.
            for product in list.sorted(by: { $0.id < $1.id }) {
                let before = try products.lock(product.id)
                if let before, before.unitAmount.currency != product.unitAmount.currency {
                    throw ShopError.currencyChanged(product.id)
                }
                if before == product {
                    unchanged += 1
                    continue
                }
                if before == nil {
                    guard try products.insert(product, at: now) else { throw ShopError.productExists }
                    created += 1
                } else {
                    try products.update(product, at: now)
                    changed += 1
                }
                try audit.record(
                    actor: actor, action: "product.imported", subjectKind: "product", subjectID: product.id,
                    before: before?.json, after: product.json, in: tx)
            }
            return ImportReport(created: created, changed: changed, unchanged: unchanged)
        }
    }
}

extension Product {
    /// The product as the audit trail keeps it.
    var json: JSONValue {
        [
            "name": .string(name), "description": .string(description), "unit_amount": .int(unitAmount.amountMinor),
            "currency": .string(unitAmount.currency.code), "stock": JSONValue(stock), "active": .bool(active),
        ]
    }
}
