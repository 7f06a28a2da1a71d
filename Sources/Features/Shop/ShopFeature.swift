public import Database
public import HTTP
public import Kernel
public import Payments

/// The front door of the shop: products, carts, and their delivery.
public struct ShopFeature: Sendable {
    /// What it serves.
    public let routes: [Route]

    /// The schema.
    public static let migrations: [Migration] = ShopMigrations.all

    /// A shop that places its orders with Payments. Its ``ShopFulfilment`` is given to Payments.
    public init(database: any Database, products: ProductService, orders: OrderPlacement, ids: IDGenerator) {
        routes =
            ProductRoutes(service: products, ids: ids).routes
            + CartRoutes(service: CartService(database: database, orders: orders)).routes
    }
}
