internal import Audit
internal import Database
internal import HTTP
internal import Identity
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import Payments

/// Products for buyers and for operators.
struct ProductRoutes: Sendable {
    let service: ProductService
    let ids: IDGenerator

    var routes: [Route] { [list, adminList, one, create, change] }

    private static let limit = Route.Query("limit", .integer(1...100))
    private static let cursor = Route.Query("cursor", .string(length: 1...64))

    private var list: Route {
        Route(
            "GET", "/api/products", "What is sold, by name", tag: "Shop", access: .everyone,
            queries: [Self.limit, Self.cursor],
            answers: [.init(200, "A page of products.", APIList<ProductResponse>.schema)]
        ) { context in
            let limit = context.query("limit").flatMap { Int($0) } ?? 50
            let cursor = context.query("cursor")
            let found = try await service.database.read { tx -> [Product] in
                let products = ProductRepository(tx: tx)
                return try products.active(after: try cursor.flatMap { try products.find($0) }, limit: limit + 1)
            }
            return try Self.page(found, limit: limit)
        }
    }

    private var adminList: Route {
        Route(
            "GET", "/api/admin/products", "All products, by id", tag: "Administration", access: .roles([.operator]),
            queries: [Self.limit, Self.cursor],
            answers: [.init(200, "A page of products.", APIList<ProductResponse>.schema)]
        ) { context in
            let limit = context.query("limit").flatMap { Int($0) } ?? 50
            let cursor = context.query("cursor") ?? ""
            let found = try await service.database.read { tx in
                try ProductRepository(tx: tx).all(after: cursor, limit: limit + 1)
            }
            return try Self.page(found, limit: limit)
        }
    }

    private var one: Route {
        Route(
            "GET", "/api/admin/products/{id}", "A product, on sale or not", tag: "Administration",
            access: .roles([.operator]), answers: [.init(200, "The product.", ProductResponse.schema)]
        ) { context in
            let id = context.parameter("id")
            let product = try await service.database.read { tx in try ProductRepository(tx: tx).find(id) }
            guard let product else { throw ShopError.productNotFound(id) }
            return .json(try ProductResponse(product).jsonValue())
        }
    }

    private var create: Route {
        Route(
            "POST", "/api/admin/products", "Add a product", tag: "Administration", access: .roles([.operator]),
            body: CreateProductRequest.schema, answers: [.init(201, "The product.", ProductResponse.schema)]
        ) { context in
            let principal = try context.authenticated()
            let request = try CreateProductRequest(validated: context.json)
            let id = request.id ?? ids.uuid()
            guard ShopLimits.isProductID(id) else {
                throw Self.fault("id", "must be made of A-Z a-z 0-9 . _ -")
            }
            guard let price = request.unitAmount.money, price.currency.isChargeable else {
                throw Self.fault("unit_amount.currency", "must be a currency that Stripe charges, like jpy")
            }
            let product = try await service.create(
                Product(
                    id: id, name: request.name, description: request.description ?? "", unitAmount: price,
                    stock: request.stock, active: request.active ?? true),
                by: .user(principal.userID))
            return .json(try ProductResponse(product).jsonValue(), status: 201)
        }
    }

    /// A member that is absent leaves the product as it is; a `stock` of null means that it does not run out.
    private var change: Route {
        Route(
            "PATCH", "/api/admin/products/{id}", "Change a product", tag: "Administration",
            access: .roles([.operator]), body: Self.changeSchema,
            answers: [.init(200, "The product.", ProductResponse.schema)]
        ) { context in
            let principal = try context.authenticated()
            var change = ProductService.Change()
            change.name = context.json["name"]?.string
            change.description = context.json["description"]?.string
            change.unitAmountMinor = context.json["unit_amount"]?["amount"]?.int
            if let stock = context.json["stock"] { change.stock = .some(stock.int) }
            change.active = context.json["active"]?.bool
            let id = context.parameter("id")
            if let currency = context.json["unit_amount"]?["currency"]?.string {
                try await requireCurrency(currency, of: id)
            }
            let product = try await service.change(id, change, by: .user(principal.userID))
            return .json(try ProductResponse(product).jsonValue())
        }
    }

    private static let changeSchema = Schema.named(
        "ChangeProduct",
        .object([
            .optional("name", .string(length: 1...200)),
            .optional("description", .string(length: 0...2000, multiline: true)),
            .optional(
                "unit_amount",
                .object([
                    .required("amount", .integer(1...99_999_999)), .required("currency", .string(length: 3...3)),
                ])),
            .optional("stock", .nullable(.integer(0...1_000_000_000))), .optional("active", .boolean),
        ]))

    /// A product keeps its currency: its price in another one is another product.
    private func requireCurrency(_ currency: String, of id: String) async throws {
        let product = try await service.database.read { tx in try ProductRepository(tx: tx).find(id) }
        guard let product else { throw ShopError.productNotFound(id) }
        guard product.unitAmount.currency == Currency(currency) else {
            throw ShopError.currencyChanged(id)
        }
    }

    private static func fault(_ field: String, _ detail: String) -> Problem {
        .invalidInput([FieldError(field: field, code: "malformed", detail: detail)])
    }

    private static func page(_ found: [Product], limit: Int) throws -> HTTPResponse {
        let shown = found.prefix(limit)
        let cursor = found.count > limit ? shown.last?.id : nil
        return .json(try APIList(shown.map { ProductResponse($0) }, nextCursor: cursor).jsonValue())
    }
}

extension ProductResponse {
    init(_ product: Product) {
        self.init(
            id: product.id, name: product.name, description: product.description,
            unitAmount: MoneyDTO(product.unitAmount), stock: product.stock, active: product.active)
    }
}
