import JSON
import Kernel

extension SandboxState {
    /// The price that a parameter names. Throws when there is none.
    func requirePrice(_ id: String, param: String) throws(StripeError) -> Price {
        guard let price = prices[id] else { throw .missing("price", id, param: param) }
        return price
    }

    private func price(inPath id: String) throws(StripeError) -> Price {
        guard let price = prices[id] else { throw .notFound("price", id) }
        return price
    }

    /// Creates a price of a product, or of one that is described with it.
    mutating func createPrice(_ call: Call) throws(StripeError) -> JSONValue {
        try products.requireRoom()
        try prices.requireRoom()
        let parameters = call.parameters
        var product: Product?
        let productID: String
        switch (parameters.string("product"), parameters.hash("product_data")) {
        case (let id?, nil): productID = try requireProduct(id, param: "product").id
        case (nil, let data?):
            let made = try newProduct(data, at: "product_data", call.cause)
            product = made
            productID = made.id
        case (nil, nil): throw StripeError.missingParameter("product").beforeExecution
        case (_?, _?):
            throw StripeError.invalidRequest(
                "You may only specify one of these parameters: product, product_data.", code: "parameters_exclusive",
                param: "product_data"
            ).beforeExecution
        }
        var price = try newPrice(parameters, of: productID, at: "", call.cause)
        price.nickname = parameters.string("nickname")
        price.isActive = parameters.bool("active") ?? true
        if let product {
            products.insert(product)
            emit("product.created", product.json, call.cause)
        }
        try takeLookupKey(for: &price, call)
        prices.insert(price)
        emit("price.created", price.json, call.cause)
        return .object(price.json)
    }

    /// A price as a request describes it; not yet kept. Throws for what is no amount.
    func newPrice(_ data: Parameters, of product: String, at path: String, _ cause: Cause) throws(StripeError) -> Price
    {
        let currency = try Amount.currency(data.string("currency") ?? "")
        let amountName = ParameterCheck.join(path, "unit_amount")
        let decimalName = ParameterCheck.join(path, "unit_amount_decimal")
        let amount: Int64
        switch (data.int("unit_amount"), data.string("unit_amount_decimal")) {
        case (let whole?, nil): amount = whole
        case (nil, let text?): amount = try Self.wholeAmount(text, at: decimalName)
        case (nil, nil): throw StripeError.missingParameter(amountName).beforeExecution
        case (_?, _?):
            throw StripeError.invalidRequest(
                "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
                code: "parameters_exclusive", param: decimalName
            ).beforeExecution
        }
        guard (0...currency.maximumChargeMinor).contains(amount) else {
            throw StripeError.invalidRequest(
                "Invalid \(amountName): must be between 0 and \(currency.maximumChargeMinor).",
                code: amount < 0 ? "parameter_invalid_integer" : "amount_too_large", param: amountName
            ).beforeExecution
        }
        let recurrence = data.hash("recurring").map { recurring in
            Price.Recurrence(
                interval: recurring.string("interval") ?? "month", count: recurring.int("interval_count") ?? 1)
        }
        if let recurrence, !(1...Self.intervalsMax(recurrence.interval)).contains(recurrence.count) {
            throw StripeError.invalidRequest(
                "A price recurs at least once in three years.", code: "parameter_invalid_integer",
                param: ParameterCheck.join(path, "recurring[interval_count]")
            ).beforeExecution
        }
        return Price(
            id: newID("price_"), created: cause.seconds, product: product, currency: currency.code,
            unitAmount: amount, recurrence: recurrence, taxBehavior: data.string("tax_behavior") ?? "unspecified",
            metadata: try Metadata.merged([:], data["metadata"]))
    }

    /// Three years, in the interval.
    private static func intervalsMax(_ interval: String) -> Int64 {
        ["day": 1095, "week": 156, "month": 36][interval] ?? 3
    }

    /// A decimal text that is a whole number: parts of a minor unit are not simulated.
    private static func wholeAmount(_ text: String, at name: String) throws(StripeError) -> Int64 {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = Int64(parts[0]), parts.count == 1 || parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw StripeError.invalidRequest("Invalid decimal: \(text)", param: name).beforeExecution }
        if parts.count == 2, parts[1].contains(where: { $0 != "0" }) {
            throw StripeError.unsimulated(name, text).beforeExecution
        }
        return whole
    }

    /// A key belongs to one price; it moves only when that is asked for.
    private mutating func takeLookupKey(for price: inout Price, _ call: Call) throws(StripeError) {
        guard let key = call.parameters.string("lookup_key"), key != price.lookupKey else { return }
        if var holder = prices.newestFirst.first(where: { $0.lookupKey == key }) {
            guard call.parameters.bool("transfer_lookup_key") == true else {
                throw .invalidRequest(
                    "A price (`\(holder.id)`) already uses that lookup key.", code: "resource_already_exists",
                    param: "lookup_key")
            }
            let before = holder.json
            holder.lookupKey = nil
            prices[holder.id] = holder
            emitUpdate("price.updated", from: before, to: holder.json, call.cause)
        }
        price.lookupKey = key
    }

    mutating func updatePrice(_ call: Call) throws(StripeError) -> JSONValue {
        var price = try price(inPath: call.id)
        let before = price.json
        let metadata = try Metadata.merged(price.metadata, call.parameters["metadata"])
        if let behavior = call.parameters.string("tax_behavior"), behavior != price.taxBehavior {
            guard price.taxBehavior == "unspecified" else {
                throw .invalidRequest(
                    "You cannot change `tax_behavior` of this price once it is specified.", param: "tax_behavior")
            }
            price.taxBehavior = behavior
        }
        try takeLookupKey(for: &price, call)
        price.metadata = metadata
        if let active = call.parameters.bool("active") { price.isActive = active }
        if let nickname = call.parameters.string("nickname") { price.nickname = nickname }
        prices[price.id] = price
        emitUpdate("price.updated", from: before, to: price.json, call.cause)
        return .object(price.json)
    }

    func retrievePrice(_ call: Call) throws(StripeError) -> JSONValue { .object(try price(inPath: call.id).json) }

    func listPrices(_ call: Call) throws(StripeError) -> JSONValue {
        let parameters = call.parameters
        let keys = parameters.strings("lookup_keys")
        let interval = parameters["recurring", "interval"]?.string
        return try page(of: prices, call) { price in
            (parameters.bool("active") ?? price.isActive) == price.isActive
                && (parameters.string("product") ?? price.product) == price.product
                && (parameters.string("type") ?? price.type) == price.type
                && (parameters.string("currency")?.lowercased() ?? price.currency) == price.currency
                && (keys?.contains { $0 == price.lookupKey } ?? true)
                && (interval == nil || interval == price.recurrence?.interval)
        }
    }
}
