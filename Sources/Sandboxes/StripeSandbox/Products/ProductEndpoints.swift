import JSON

extension Endpoint {
    private static let features = Parameter.list(
        "marketing_features", of: .hash([Parameter.text("name", max: 80).required]))
    private static let images = Parameter.list("images", of: .text(max: 2000))
    private static let types = "good service"

    /// `/v1/products`
    static let products: [Endpoint] = [
        .search("/v1/products/search", of: "product") { state, call throws(StripeError) in
            try state.search(state.products, call)
        },
        .list(
            "/v1/products", of: "product",
            [
                .boolean("active"), .created, .list("ids", of: .text(max: 255)), .boolean("shippable"),
                .word("type", types), .text("url"),
            ]
        ) { state, call throws(StripeError) in try state.listProducts(call) },
        .post(
            "/v1/products", answers: "product",
            [
                .boolean("active"),
                .hash(
                    "default_price_data",
                    [
                        Parameter.text("currency").required, .unsimulated("currency_options"),
                        .unsimulated("custom_unit_amount"), .metadata, priceRecurring,
                        .word("tax_behavior", Price.taxBehaviors), .integer("unit_amount"),
                        .text("unit_amount_decimal"),
                    ]),
                .text("description", max: 40_000), .text("id", max: 255), images, features, .metadata,
                Parameter.text("name").required, .unsimulated("package_dimensions"), .boolean("shippable"),
                .text("statement_descriptor", max: 22), .unsimulated("tax_code"), .unsimulated("tax_details"),
                .word("type", types), .text("unit_label", max: 12), .text("url"),
            ]
        ) { state, call throws(StripeError) in try state.createProduct(call) },
        .get("/v1/products/{id}", answers: "product") { state, call throws(StripeError) in
            try state.retrieveProduct(call)
        },
        .post(
            "/v1/products/{id}", answers: "product",
            [
                .boolean("active"), .text("default_price"), Parameter.text("description", max: 40_000).emptyable,
                images.emptyable, features.emptyable, Parameter.metadata.emptyable, .text("name"),
                .unsimulated("package_dimensions"), .boolean("shippable"), .text("statement_descriptor", max: 22),
                .unsimulated("tax_code"), .unsimulated("tax_details"), Parameter.text("unit_label", max: 12).emptyable,
                Parameter.text("url").emptyable,
            ]
        ) { state, call throws(StripeError) in try state.updateProduct(call) },
        .delete("/v1/products/{id}", answers: "deleted_product") { state, call throws(StripeError) in
            try state.deleteProduct(call)
        },
    ]
}
