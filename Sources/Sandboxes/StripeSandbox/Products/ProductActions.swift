import JSON

extension SandboxState {
    /// The product that a parameter names. Throws when there is none.
    func requireProduct(_ id: String, param: String) throws(StripeError) -> Product {
        guard let product = products[id] else { throw .missing("product", id, param: param) }
        return product
    }

    private func product(inPath id: String) throws(StripeError) -> Product {
        guard let product = products[id] else { throw .notFound("product", id) }
        return product
    }

    /// Creates a product, with its first price if one is described.
    mutating func createProduct(_ call: Call) throws(StripeError) -> JSONValue {
        try products.requireRoom()
        try prices.requireRoom()
        var product = try newProduct(call.parameters, at: "", call.cause)
        var price: Price?
        if let data = call.parameters.hash("default_price_data") {
            let made = try newPrice(data, of: product.id, at: "default_price_data", call.cause)
            product.defaultPrice = made.id
            price = made
        }
        products.insert(product)
        if let price { prices.insert(price) }
        emit("product.created", product.json, call.cause)
        if let price { emit("price.created", price.json, call.cause) }
        return .object(product.json)
    }

    /// A product as a request describes it; not yet kept. Throws when its id is taken.
    func newProduct(_ data: Parameters, at path: String, _ cause: Cause) throws(StripeError) -> Product {
        let id = data.string("id") ?? newID("prod_")
        guard products[id] == nil else {
            throw .invalidRequest(
                "Product already exists: \(id)", code: "resource_already_exists", param: ParameterCheck.join(path, "id")
            )
        }
        var product = Product(id: id, created: cause.seconds, updated: cause.seconds, name: data.string("name") ?? "")
        try product.take(data)
        return product
    }

    mutating func updateProduct(_ call: Call) throws(StripeError) -> JSONValue {
        var product = try product(inPath: call.id)
        let before = product.json
        if let wanted = call.parameters.string("default_price") {
            guard let price = prices[wanted], price.product == product.id else {
                throw .missing("price", wanted, param: "default_price")
            }
            guard price.isActive else {
                throw .invalidRequest("The default price of a product must be active.", param: "default_price")
            }
        }
        try product.take(call.parameters)
        if product.json != before { product.updated = call.cause.seconds }
        products[product.id] = product
        emitUpdate("product.updated", from: before, to: product.json, call.cause)
        return .object(product.json)
    }

    mutating func deleteProduct(_ call: Call) throws(StripeError) -> JSONValue {
        let product = try product(inPath: call.id)
        guard !prices.newestFirst.contains(where: { $0.product == product.id }) else {
            throw .invalidRequest(
                "This product cannot be deleted because it has one or more user-created prices. Instead, you can "
                    + "archive it by setting `active` to `false`.")
        }
        products[product.id] = nil
        emit("product.deleted", product.json, call.cause)
        return ["id": .string(product.id), "object": "product", "deleted": true]
    }

    func retrieveProduct(_ call: Call) throws(StripeError) -> JSONValue { .object(try product(inPath: call.id).json) }

    func listProducts(_ call: Call) throws(StripeError) -> JSONValue {
        let parameters = call.parameters
        let ids = parameters.strings("ids")
        return try page(of: products, call) { product in
            (parameters.bool("active") ?? product.isActive) == product.isActive
                && (ids?.contains(product.id) ?? true)
                && (parameters.bool("shippable") ?? product.isShippable) == product.isShippable
                && (parameters.string("type") ?? product.type) == product.type
                && (!parameters.has("url") || parameters.string("url") == product.url)
        }
    }
}
