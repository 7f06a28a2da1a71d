public import HTTP
internal import JSON

/// What the shop refuses.
public enum ShopError: Error, Equatable {
    /// There is no such product, or it is not sold. `item`: where it stands in the cart, from 0.
    case productNotFound(String, item: Int? = nil)
    /// A product has this id already.
    case productExists
    /// A product keeps its currency: its price in another one is another product.
    case currencyChanged(String)
    /// Fewer are left than are wanted. `item`: where it stands in the cart, from 0.
    case outOfStock(String, item: Int)
    /// The cart's products have different currencies.
    case mixedCurrencies
    /// A product stands twice in the cart. `item`: where for the second time, from 0.
    case repeatedProduct(String, item: Int)
}

extension ShopError: ProblemConvertible {
    /// The one mapping to the wire.
    public var problem: Problem {
        switch self {
        case .productNotFound(_, let item):
            Problem(
                status: 404, code: "product_not_found", detail: "There is no such product on sale.",
                fields: item.map { [Self.field($0, "not_found", "is not on sale")] } ?? [])
        case .productExists:
            Problem(status: 409, code: "product_exists", detail: "A product has this id already.")
        case .currencyChanged:
            Problem(
                status: 400, code: "currency_changed",
                detail: "A product's currency cannot be changed; add another product.",
                fields: [
                    FieldError(field: "unit_amount.currency", code: "not_allowed", detail: "cannot be changed")
                ])
        case .outOfStock(_, let item):
            Problem(
                status: 409, code: "out_of_stock", detail: "Fewer are left than are wanted.",
                fields: [Self.field(item, "out_of_stock", "has fewer left than are wanted")])
        case .mixedCurrencies:
            Problem(status: 400, code: "mixed_currencies", detail: "All products of an order must have one currency.")
        case .repeatedProduct(_, let item):
            Problem(
                status: 400, code: "repeated_product", detail: "A product may stand in a cart once.",
                fields: [Self.field(item, "repeated", "stands in the cart before")])
        }
    }

    private static func field(_ item: Int, _ code: String, _ detail: String) -> FieldError {
        FieldError(field: "items[\(item)].product_id", code: code, detail: detail)
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
