import JSON
import Kernel

/// A price that is described with its session, and its product if that is new too.
struct CheckoutDraft: Sendable {
    let product: Product?
    let price: Price
}

extension SandboxState {
    private static let itemsMax = 100

    /// What is sold, and the prices and products to keep for it. Throws for what cannot be sold together.
    func checkoutItems(_ parameters: Parameters, _ cause: Cause) throws(StripeError) -> (
        [CheckoutItem], [CheckoutDraft]
    ) {
        let given = parameters["line_items"]?.array ?? []
        guard !given.isEmpty else { throw StripeError.missingParameter("line_items").beforeExecution }
        guard given.count <= Self.itemsMax else {
            throw StripeError.invalidRequest(
                "A Checkout Session has at most \(Self.itemsMax) line items.", param: "line_items"
            ).beforeExecution
        }
        var items: [CheckoutItem] = []
        var drafts: [CheckoutDraft] = []
        for (index, element) in given.enumerated() {
            let path = "line_items[\(index)]"
            let item = Parameters(element.object ?? [:])
            let (price, product, draft) = try checkoutPrice(item, at: path, cause)
            if let draft { drafts.append(draft) }
            items.append(try Self.item(item, price, product, id: newID("li_"), at: path, cause))
        }
        let currencies = Set(
            items.map(\.price.currency) + [parameters.string("currency")?.lowercased()].compactMap { $0 })
        guard currencies.count == 1 else {
            throw StripeError.invalidRequest(
                "All line items of a Checkout Session must have the same currency; yours have: "
                    + currencies.sorted().joined(separator: ", ") + ".", param: "line_items"
            ).beforeExecution
        }
        return (items, drafts)
    }

    private func checkoutPrice(
        _ item: Parameters, at path: String, _ cause: Cause
    ) throws(StripeError) -> (Price, Product, CheckoutDraft?) {
        switch (item.string("price"), item.hash("price_data")) {
        case (let id?, nil):
            let price = try requirePrice(id, param: "\(path)[price]")
            let product = try requireProduct(price.product, param: "\(path)[price]")
            guard price.isActive, product.isActive else {
                throw .invalidRequest(
                    "The price specified is inactive, or its product is. This field only accepts active prices.",
                    param: "\(path)[price]")
            }
            try Self.requireOnce(price, at: path)
            return (price, product, nil)
        case (nil, let data?): return try inlinePrice(data, at: "\(path)[price_data]", cause)
        case (nil, nil): throw StripeError.missingParameter("\(path)[price]").beforeExecution
        case (_?, _?):
            throw StripeError.invalidRequest(
                "You may only specify one of these parameters: price, price_data.", code: "parameters_exclusive",
                param: "\(path)[price_data]"
            ).beforeExecution
        }
    }

    /// A price for this one session: it and a product described with it are archived from the start.
    private func inlinePrice(
        _ data: Parameters, at path: String, _ cause: Cause
    ) throws(StripeError) -> (Price, Product, CheckoutDraft?) {
        var product: Product
        var isNew = false
        switch (data.string("product"), data.hash("product_data")) {
        case (let id?, nil):
            product = try requireProduct(id, param: "\(path)[product]")
            guard product.isActive else {
                throw .invalidRequest(
                    "The product \(id) is marked as inactive, and so its prices cannot be used.",
                    param: "\(path)[product]")
            }
        case (nil, let described?):
            product = try newProduct(described, at: "\(path)[product_data]", cause)
            product.isActive = false
            isNew = true
        case (nil, nil): throw StripeError.missingParameter("\(path)[product_data]").beforeExecution
        case (_?, _?):
            throw StripeError.invalidRequest(
                "You may only specify one of these parameters: product, product_data.", code: "parameters_exclusive",
                param: "\(path)[product_data]"
            ).beforeExecution
        }
        var price = try newPrice(data, of: product.id, at: path, cause)
        try Self.requireOnce(price, at: path)
        price.isActive = false
        return (price, product, CheckoutDraft(product: isNew ? product : nil, price: price))
    }

    private static func requireOnce(_ price: Price, at path: String) throws(StripeError) {
        guard price.recurrence != nil else { return }
        throw StripeError.invalidRequest(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
                + "only one-time prices.", param: path
        ).beforeExecution
    }

    private static func item(
        _ given: Parameters, _ price: Price, _ product: Product, id: String, at path: String, _ cause: Cause
    ) throws(StripeError) -> CheckoutItem {
        guard let quantity = given.int("quantity") else {
            throw StripeError.missingParameter("\(path)[quantity]").beforeExecution
        }
        guard (1...CheckoutItem.quantityMax).contains(quantity) else {
            throw StripeError.invalidRequest(
                "Invalid quantity: must be between 1 and \(CheckoutItem.quantityMax).",
                code: "parameter_invalid_integer", param: "\(path)[quantity]"
            ).beforeExecution
        }
        let (amount, overflow) = price.unitAmount.multipliedReportingOverflow(by: quantity)
        if overflow { throw tooLarge(price.currency) }
        var item = CheckoutItem(
            id: id, created: cause.seconds, description: product.name, price: price, quantity: quantity,
            amount: amount, metadata: try Metadata.merged([:], given["metadata"]))
        if let range = given.hash("adjustable_quantity"), range.bool("enabled") == true {
            let minimum = range.int("minimum") ?? 0
            let maximum = range.int("maximum") ?? 99
            guard minimum >= 0, maximum <= CheckoutItem.quantityMax,
                (minimum...max(minimum, maximum)).contains(quantity)
            else {
                throw StripeError.invalidRequest(
                    "The quantity must lie between the minimum and the maximum of its `adjustable_quantity`.",
                    param: "\(path)[adjustable_quantity]"
                ).beforeExecution
            }
            item.adjustable = (minimum, maximum)
        }
        return item
    }

    /// What all of it costs. Throws below Stripe's least charge and above its greatest.
    static func checkoutTotal(_ items: [CheckoutItem]) throws(StripeError) -> Int64 {
        var total: Int64 = 0
        let code = items.first?.price.currency ?? ""
        for item in items {
            let (sum, overflow) = total.addingReportingOverflow(item.amount)
            if overflow { throw tooLarge(code) }
            total = sum
        }
        guard let currency = Currency(code) else { return total }
        guard total <= currency.maximumChargeMinor else { throw tooLarge(code) }
        guard total >= currency.minimumChargeMinor else {
            throw StripeError.invalidRequest(
                "The Checkout Session's total amount due must add up to at least "
                    + "\(Money(currency.minimumChargeMinor, currency)) \(code).", code: "amount_too_small"
            ).beforeExecution
        }
        return total
    }

    private static func tooLarge(_ code: String) -> StripeError {
        let most = Currency(code).map { Money($0.maximumChargeMinor, $0).description } ?? ""
        return StripeError.invalidRequest(
            "The Checkout Session's total amount due must be no more than \(most).", code: "amount_too_large"
        ).beforeExecution
    }
}
