import JSON

extension Endpoint {
    /// What narrows a list of payment methods.
    static let paymentMethodFilters: [Parameter] = [
        .word("allow_redisplay", "always limited unspecified"), Parameter("type", .word(PaymentMethodTypes.all)),
    ]

    /// Cards as they are typed, or a test token. Stripe's clients leave these out of their types; the API takes them.
    static let cardInput = Parameter.hash(
        "card",
        [
            .text("cvc"), .integer("exp_month"), .integer("exp_year"), .unsimulated("networks"), .text("number"),
            .text("token"),
        ])

    /// What a payment method may consist of.
    static let paymentMethodParts: [Parameter] = [
        .word("allow_redisplay", "always limited unspecified"), .billingDetails, cardInput,
        .unsimulated("customer_balance"), .hash("konbini", []), .unsimulated("link"),
        .hash("radar_options", [.text("session")]), .unsimulated("sepa_debit"), .unsimulated("us_bank_account"),
    ]

    /// `/v1/payment_methods`
    static let paymentMethods: [Endpoint] = [
        .list(
            "/v1/payment_methods", of: "payment_method",
            paymentMethodFilters + [.text("customer"), .unsimulated("customer_account")]
        ) { state, call throws(StripeError) in try state.listPaymentMethods(call) },
        .post(
            "/v1/payment_methods", answers: "payment_method", access: .publishableKey,
            paymentMethodParts + [
                .unsimulated("customer"), .metadata, .unsimulated("payment_method"),
                Parameter("type", .word(PaymentMethodTypes.all)),
            ]
        ) { state, call throws(StripeError) in try state.createPaymentMethod(call) },
        .get("/v1/payment_methods/{payment_method}", answers: "payment_method") { state, call throws(StripeError) in
            try state.retrievePaymentMethod(call)
        },
        .post(
            "/v1/payment_methods/{payment_method}", answers: "payment_method",
            [
                .word("allow_redisplay", "always limited unspecified"), .billingDetails,
                .hash("card", [.integer("exp_month"), .integer("exp_year"), .unsimulated("networks")]),
                Parameter.metadata.emptyable, .unsimulated("us_bank_account"),
            ]
        ) { state, call throws(StripeError) in try state.updatePaymentMethod(call) },
        .post(
            "/v1/payment_methods/{payment_method}/attach", answers: "payment_method",
            [.text("customer"), .unsimulated("customer_account")]
        ) { state, call throws(StripeError) in try state.attachPaymentMethod(call) },
        .post("/v1/payment_methods/{payment_method}/detach", answers: "payment_method") {
            state, call throws(StripeError) in try state.detachPaymentMethod(call)
        },
    ]
}
