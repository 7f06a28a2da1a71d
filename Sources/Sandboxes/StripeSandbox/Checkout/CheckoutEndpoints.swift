import JSON

extension Endpoint {
    private static let methodTypes = Parameter.Kind.list(.word(PaymentMethodTypes.all))

    private static let locales = """
        auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt \
        pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW
        """

    /// Gone since endive, with a code of its own.
    private static let removedTypes = Parameter("payment_method_types", methodTypes).removed(
        in: .endive, code: "payment_method_types_no_longer_supported",
        message: "payment_method_types is no longer supported. Use allowed_payment_method_types or "
            + "excluded_payment_method_types.")

    private static let priceData = Parameter.hash(
        "price_data",
        [
            Parameter.text("currency").required, .text("product"),
            .hash(
                "product_data",
                [
                    .text("description", max: 40_000), .list("images", of: .text(max: 2000)), .metadata,
                    Parameter.text("name").required, .unsimulated("tax_code"), .unsimulated("tax_details"),
                    .text("unit_label", max: 12),
                ]),
            priceRecurring, .word("tax_behavior", Price.taxBehaviors), .integer("unit_amount"),
            .text("unit_amount_decimal"),
        ])

    private static let lineItems = Parameter.list(
        "line_items",
        of: .hash([
            .hash(
                "adjustable_quantity",
                [Parameter.boolean("enabled").required, .integer("maximum"), .integer("minimum")]),
            .metadata, .text("price"), priceData, .integer("quantity"), .unsimulated("tax_rates"),
        ]))

    private static let paymentIntentData = Parameter.hash(
        "payment_intent_data",
        [
            .unsimulated("application_fee_amount"), .word("capture_method", "automatic automatic_async manual"),
            .text("description", max: 1000), .metadata, .unsimulated("on_behalf_of"), .text("receipt_email"),
            .word("setup_future_usage", "off_session on_session"), .shipping, .text("statement_descriptor", max: 22),
            .text("statement_descriptor_suffix", max: 22), .unsimulated("transfer_data"), .text("transfer_group"),
        ])

    /// What a buyer may also be asked, offered or shown; not here.
    private static let beyond: [Parameter] =
        """
        adaptive_pricing after_expiration branding_settings consent_collection custom_fields custom_text \
        customer_account customer_update discounts integration_identifier managed_payments name_collection \
        optional_items origin_context payment_method_configuration payment_method_data payment_method_options \
        permissions redirect_on_completion return_url saved_payment_method_options setup_intent_data \
        shipping_address_collection shipping_options subscription_data tax_id_collection wallet_options
        """.split(separator: " ").map { .unsimulated(String($0)) }

    /// `/v1/checkout/sessions`
    static let checkoutSessions: [Endpoint] = [
        .list(
            "/v1/checkout/sessions", of: "checkout.session",
            [
                .created, .text("customer"), .unsimulated("customer_account"),
                .hash("customer_details", [Parameter.text("email").required]), .text("payment_intent"),
                .unsimulated("payment_link"), .word("status", "complete expired open"), .text("subscription"),
            ]
        ) { state, call throws(StripeError) in try state.listCheckoutSessions(call) },
        .post(
            "/v1/checkout/sessions", answers: "checkout.session",
            [
                .boolean("allow_promotion_codes"), Parameter("allowed_payment_method_types", methodTypes),
                .hash("automatic_tax", [Parameter.boolean("enabled").required, .unsimulated("liability")]),
                .word("billing_address_collection", "auto required"), .text("cancel_url"),
                .text("client_reference_id", max: 200), .text("currency"), .text("customer"),
                .word("customer_creation", "always if_required"), .text("customer_email", max: 800),
                Parameter("excluded_payment_method_types", methodTypes), .integer("expires_at"),
                .hash(
                    "invoice_creation", [Parameter.boolean("enabled").required, .unsimulated("invoice_data")]),
                lineItems, .word("locale", locales), .metadata, .word("mode", "payment setup subscription"),
                paymentIntentData, .word("payment_method_collection", "always if_required"),
                .hash("phone_number_collection", [Parameter.boolean("enabled").required]), removedTypes,
                .word("submit_type", "auto book donate pay subscribe"), .text("success_url"), .text("ui_mode"),
            ] + beyond
        ) { state, call throws(StripeError) in try state.createCheckoutSession(call) },
        .get("/v1/checkout/sessions/{session}", answers: "checkout.session") { state, call throws(StripeError) in
            try state.retrieveCheckoutSession(call)
        },
        .post(
            "/v1/checkout/sessions/{session}", answers: "checkout.session",
            [
                .unsimulated("collected_information"), .unsimulated("line_items"), Parameter.metadata.emptyable,
                .unsimulated("payment_intent_data"), .unsimulated("shipping_options"),
            ]
        ) { state, call throws(StripeError) in try state.updateCheckoutSession(call) },
        .post("/v1/checkout/sessions/{session}/expire", answers: "checkout.session") {
            state, call throws(StripeError) in try state.expireCheckoutSession(call)
        },
        .list("/v1/checkout/sessions/{session}/line_items", of: "item") { state, call throws(StripeError) in
            try state.listCheckoutItems(call)
        },
    ]
}
