import HTTP
import JSON
import Kernel
import Shop
import Testing

/// What the shop refuses, and its one mapping.
@Suite struct ShopErrorTests {
    private static let all: [ShopError] = [
        .productNotFound("tea", item: 1),
        .productExists,
        .currencyChanged("tea"),
        .outOfStock("tea", item: 1),
        .mixedCurrencies,
        .repeatedProduct("tea", item: 1),
    ]
    /// How many errors ``face(_:)`` knows: the list above lacks none of them.
    private static let count = 6

    /// Where an error stands in the list, and what is expected of it. A case that is new does not compile until it has
    /// its line, and its number fails the count until it stands in the list.
    private static func face(_ error: ShopError) -> (Int, Int, String, Log.Level) {
        switch error {
        case .productNotFound: (0, 404, "product_not_found", .info)
        case .productExists: (1, 409, "product_exists", .info)
        case .currencyChanged: (2, 400, "currency_changed", .info)
        case .outOfStock: (3, 409, "out_of_stock", .info)
        case .mixedCurrencies: (4, 400, "mixed_currencies", .info)
        case .repeatedProduct: (5, 400, "repeated_product", .info)
        }
    }

    @Test func `the list is complete`() {
        #expect(Self.all.map { Self.face($0).0 } == Array(0..<Self.count))
    }

    @Test(arguments: all)
    func `each error has its status, code and level`(error: ShopError) {
        let (_, status, code, level) = Self.face(error)
        let problem = error.problem
        #expect(problem.status == status)
        #expect(problem.code == code)
        #expect(error.logLevel == level)
        #expect(problem.detail.hasSuffix("."))
    }

    @Test(
        arguments: [
            .productNotFound("tea", item: 1), .outOfStock("tea", item: 1), .repeatedProduct("tea", item: 1),
        ] as [ShopError])
    func `what is wrong with a cart says where`(error: ShopError) {
        #expect(error.problem.fields.map(\.field) == ["items[1].product_id"])
        #expect(ShopError.productNotFound("tea").problem.fields.isEmpty)
    }
}
