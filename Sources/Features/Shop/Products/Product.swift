public import Kernel

/// Something that the shop sells, at the server's price (law 1).
public struct Product: Sendable, Equatable {
    /// The most of one product that there may be.
    public static let stockMax: Int64 = 1_000_000_000

    /// Its id: the operator's own (a SKU), or a UUID.
    public let id: String
    /// What it is called.
    public var name: String
    /// What it is.
    public var description: String
    /// The price of one.
    public var unitAmount: Money
    /// How many are left to order; nil when it does not run out.
    public var stock: Int64?
    /// Whether it is sold.
    public var active: Bool

    /// A product.
    public init(id: String, name: String, description: String, unitAmount: Money, stock: Int64?, active: Bool) {
        self.id = id
        self.name = name
        self.description = description
        self.unitAmount = unitAmount
        self.stock = stock
        self.active = active
    }
}
