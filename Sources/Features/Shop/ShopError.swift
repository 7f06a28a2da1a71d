public import HTTP

/// What the shop refuses.
public enum ShopError: Error, Equatable {
    /// There is no such product, or it is not sold.
    case productNotFound(String)
    /// A product has this id already.
    case productExists
    /// A product keeps its currency: its price in another one is another product.
    case currencyChanged(String)
    /// Fewer are left than are wanted.
    case outOfStock(String)
    /// The cart's products have different currencies.
    case mixedCurrencies
    /// A product stands twice in the cart.
    case repeatedProduct(String)
}

extension ShopError: ProblemConvertible {
    /// The one mapping to the wire.
    public var problem: Problem {
        switch self {
        case .productNotFound:
            Problem(status: 404, code: "product_not_found", detail: "There is no such product on sale.")
        case .productExists:
            Problem(status: 409, code: "product_exists", detail: "A product has this id already.")
        case .currencyChanged:
            Problem(
                status: 400, code: "currency_changed",
                detail: "A product's currency cannot be changed; add another product.")
        case .outOfStock:
            Problem(status: 409, code: "out_of_stock", detail: "Fewer are left than are wanted.")
        case .mixedCurrencies:
            Problem(status: 400, code: "mixed_currencies", detail: "All products of an order must have one currency.")
        case .repeatedProduct:
            Problem(status: 400, code: "repeated_product", detail: "A product may stand in a cart once.")
        }
    }
}

/// The bounds of what the shop keeps.
enum ShopLimits {
    /// Whether text is fit to name a product: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    static func isProductID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
