import JSON

extension Endpoint {
    private static let intervals = "day month week year"

    /// How often a price is paid, where only that may be said.
    static let priceRecurring = Parameter.hash(
        "recurring", [Parameter.word("interval", intervals).required, .integer("interval_count")])

    /// `/v1/prices`
    static let prices: [Endpoint] = [
        .search("/v1/prices/search", of: "price") { state, call throws(StripeError) in
            try state.search(state.prices, call)
        },
        .list(
            "/v1/prices", of: "price",
            [
                .boolean("active"), .created, .text("currency"), .list("lookup_keys", of: .text(max: 200)),
                .text("product"),
                .hash(
                    "recurring",
                    [.word("interval", intervals), .unsimulated("meter"), .unsimulated("usage_type")]),
                .word("type", "one_time recurring"),
            ]
        ) { state, call throws(StripeError) in try state.listPrices(call) },
        .post(
            "/v1/prices", answers: "price",
            [
                .boolean("active"), .unsimulated("billing_scheme"), Parameter.text("currency").required,
                .unsimulated("currency_options"), .unsimulated("custom_unit_amount"), .text("lookup_key", max: 200),
                .metadata, .text("nickname"), .text("product"),
                .hash(
                    "product_data",
                    [
                        .boolean("active"), .text("id", max: 255), .metadata, Parameter.text("name").required,
                        .text("statement_descriptor", max: 22), .unsimulated("tax_code"), .unsimulated("tax_details"),
                        .text("unit_label", max: 12),
                    ]),
                .hash(
                    "recurring",
                    [
                        Parameter.word("interval", intervals).required, .integer("interval_count"),
                        .unsimulated("meter"), .unsimulated("trial_period_days"), .unsimulated("usage_type"),
                    ]),
                .word("tax_behavior", Price.taxBehaviors), .unsimulated("tiers"), .unsimulated("tiers_mode"),
                .boolean("transfer_lookup_key"), .unsimulated("transform_quantity"), .integer("unit_amount"),
                .text("unit_amount_decimal"),
            ]
        ) { state, call throws(StripeError) in try state.createPrice(call) },
        .get("/v1/prices/{price}", answers: "price") { state, call throws(StripeError) in
            try state.retrievePrice(call)
        },
        .post(
            "/v1/prices/{price}", answers: "price",
            [
                .boolean("active"), .unsimulated("currency_options"), .text("lookup_key", max: 200),
                Parameter.metadata.emptyable, .text("nickname"), .word("tax_behavior", Price.taxBehaviors),
                .boolean("transfer_lookup_key"),
            ]
        ) { state, call throws(StripeError) in try state.updatePrice(call) },
    ]
}
