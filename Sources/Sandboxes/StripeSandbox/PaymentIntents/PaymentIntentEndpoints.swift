import JSON

extension Endpoint {
    private static let methodTypes = Parameter.Kind.list(.word(PaymentMethodTypes.all))

    private static let captureMethods = "automatic automatic_async manual"
    private static let usages = "off_session on_session"

    /// Gone since endive, with a code of its own.
    private static let removedTypes = Parameter("payment_method_types", methodTypes).removed(
        in: .endive, code: "payment_method_types_no_longer_supported",
        message: "payment_method_types is no longer supported. Use automatic_payment_methods, "
            + "allowed_payment_method_types or excluded_payment_method_types.")

    private static let methodData = Parameter.hash(
        "payment_method_data",
        paymentMethodParts + [.metadata, Parameter("type", .word(PaymentMethodTypes.all)).required])

    private static let methodOptions = Parameter.hash(
        "payment_method_options",
        [
            Parameter.hash(
                "card",
                [
                    .unsimulated("capture_method"), .unsimulated("cvc_token"), .unsimulated("installments"),
                    .unsimulated("mandate_options"), .unsimulated("moto"), .unsimulated("network"),
                    .unsimulated("request_extended_authorization"), .unsimulated("request_incremental_authorization"),
                    .unsimulated("request_multicapture"), .unsimulated("request_overcapture"),
                    .word("request_three_d_secure", "any automatic challenge"),
                    .unsimulated("require_cvc_recollection"), .unsimulated("setup_credential_usage"),
                    .unsimulated("setup_future_usage"), .unsimulated("statement_descriptor_suffix_kana"),
                    .unsimulated("statement_descriptor_suffix_kanji"), .unsimulated("stored_credential_usage"),
                    .unsimulated("three_d_secure"),
                ]
            ).emptyable,
            .unsimulated("customer_balance"), .unsimulated("konbini"), .unsimulated("link"),
            .unsimulated("sepa_debit"), .unsimulated("us_bank_account"),
        ])

    private static let mandateData = Parameter.hash(
        "mandate_data",
        [
            Parameter.hash(
                "customer_acceptance",
                [
                    .integer("accepted_at"), .hash("offline", []),
                    .hash(
                        "online", [Parameter.text("ip_address").required, Parameter.text("user_agent").required]),
                    Parameter.word("type", "offline online").required,
                ]
            ).required
        ]
    ).emptyable

    /// When confirming, Stripe may fill in what a browser tells by itself.
    private static let mandateDataOfClient = Parameter.hash(
        "mandate_data",
        [
            .hash(
                "customer_acceptance",
                [
                    .integer("accepted_at"), .hash("offline", []),
                    .hash("online", [.text("ip_address"), .text("user_agent")]),
                    Parameter.word("type", "offline online").required,
                ])
        ]
    ).emptyable

    private static let radarOptions = Parameter.hash(
        "radar_options", [Parameter.text("referrer").emptyable, .text("session")])

    private static let offSession = Parameter("off_session", .either([.boolean, .word(["one_off", "recurring"])]))

    /// What create, update and confirm all take.
    private static let common: [Parameter] = [
        Parameter("allowed_payment_method_types", methodTypes), .unsimulated("amount_details"), .unsimulated("hooks"),
        .unsimulated("payment_details"), .text("payment_method"), methodData, methodOptions, removedTypes,
    ]

    /// What create and update take.
    private static let terms: [Parameter] =
        common + [
            .unsimulated("application_fee_amount"), .word("capture_method", captureMethods), .text("customer"),
            .unsimulated("customer_account"), .text("description", max: 1000),
            .unsimulated("payment_method_configuration"), .text("statement_descriptor", max: 22),
            .text("statement_descriptor_suffix", max: 22), .unsimulated("transfer_data"), .text("transfer_group"),
        ]

    /// `/v1/payment_intents`
    static let paymentIntents: [Endpoint] = [
        .search("/v1/payment_intents/search", of: "payment_intent") { state, call throws(StripeError) in
            try state.search(state.paymentIntents, call)
        },
        .list(
            "/v1/payment_intents", of: "payment_intent",
            [.created, .text("customer"), .unsimulated("customer_account")]
        ) { state, call throws(StripeError) in try state.listPaymentIntents(call) },
        .post(
            "/v1/payment_intents", answers: "payment_intent",
            [Parameter.integer("amount").required, Parameter.text("currency").required] + terms + [
                Parameter("excluded_payment_method_types", methodTypes),
                .hash(
                    "automatic_payment_methods",
                    [.word("allow_redirects", "always never"), Parameter.boolean("enabled").required]),
                .boolean("confirm"), .word("confirmation_method", "automatic manual"),
                .unsimulated("confirmation_token"), .boolean("error_on_requires_action"), .unsimulated("mandate"),
                mandateData, .metadata, offSession, .unsimulated("on_behalf_of"), radarOptions,
                .text("receipt_email"), .text("return_url"), .word("setup_future_usage", usages), .shipping,
                .boolean("use_stripe_sdk"),
            ]
        ) { state, call throws(StripeError) in try state.createPaymentIntent(call) },
        .get(
            "/v1/payment_intents/{intent}", answers: "payment_intent", access: .clientSecret, [.text("client_secret")]
        ) { state, call throws(StripeError) in try state.retrievePaymentIntent(call) },
        .post(
            "/v1/payment_intents/{intent}", answers: "payment_intent",
            [.integer("amount"), .text("currency")] + terms + [
                Parameter("excluded_payment_method_types", methodTypes).emptyable,
                Parameter.metadata.emptyable, Parameter.text("receipt_email").emptyable,
                Parameter.word("setup_future_usage", usages).emptyable, Parameter.shipping.emptyable,
            ]
        ) { state, call throws(StripeError) in try state.updatePaymentIntent(call) },
        .post(
            "/v1/payment_intents/{intent}/confirm", answers: "payment_intent", access: .clientSecret,
            common + [
                Parameter("excluded_payment_method_types", methodTypes).emptyable,
                .unsimulated("amount_to_confirm"), .word("capture_method", captureMethods), .text("client_secret"),
                .unsimulated("confirmation_token"), .boolean("error_on_requires_action"), .unsimulated("mandate"),
                mandateDataOfClient, offSession, radarOptions, Parameter.text("receipt_email").emptyable,
                .text("return_url"),
                Parameter.word("setup_future_usage", usages).emptyable, Parameter.shipping.emptyable,
                .boolean("use_stripe_sdk"),
            ]
        ) { state, call throws(StripeError) in try state.confirmPaymentIntent(call) },
        .post(
            "/v1/payment_intents/{intent}/cancel", answers: "payment_intent",
            [.word("cancellation_reason", "abandoned duplicate fraudulent requested_by_customer")]
        ) { state, call throws(StripeError) in try state.cancelPaymentIntent(call) },
        .post(
            "/v1/payment_intents/{intent}/capture", answers: "payment_intent",
            [
                .unsimulated("amount_details"), .integer("amount_to_capture"), .unsimulated("application_fee_amount"),
                .unsimulated("final_capture"), .unsimulated("hooks"), Parameter.metadata.emptyable,
                .unsimulated("payment_details"),
                .unsimulated("statement_descriptor"), .unsimulated("statement_descriptor_suffix"),
                .unsimulated("transfer_data"),
            ]
        ) { state, call throws(StripeError) in try state.capturePaymentIntent(call) },
    ]
}
