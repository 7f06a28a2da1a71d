import JSON

extension Endpoint {
    private static let customerParameters: [Parameter] = [
        Parameter.address().emptyable, .integer("balance"), Parameter.text("business_name").emptyable,
        .unsimulated("cash_balance"), .text("description"), .text("email"),
        Parameter.text("individual_name").emptyable, .unsimulated("invoice_prefix"),
        .hash(
            "invoice_settings",
            [
                Parameter.list(
                    "custom_fields",
                    of: .hash([Parameter.text("name", max: 40).required, Parameter.text("value", max: 140).required])
                ).emptyable,
                .text("default_payment_method"), .text("footer"), .unsimulated("rendering_options"),
            ]),
        Parameter.metadata.emptyable, .text("name"), .integer("next_invoice_sequence"), .text("phone"),
        .list("preferred_locales", of: .text(max: 10)), Parameter.customerShipping.emptyable, .unsimulated("source"),
        .unsimulated("tax"), Parameter.word("tax_exempt", "exempt none reverse").emptyable, .boolean("validate"),
    ]

    /// `/v1/customers`
    static let customers: [Endpoint] = [
        .search("/v1/customers/search", of: "customer") { state, call throws(StripeError) in
            try state.search(state.customers, call) { !$0.isDeleted }
        },
        .list(
            "/v1/customers", of: "customer", [.created, .text("email"), .unsimulated("test_clock")]
        ) { state, call throws(StripeError) in try state.listCustomers(call) },
        .post(
            "/v1/customers", answers: "customer",
            customerParameters + [.text("payment_method"), .unsimulated("tax_id_data"), .unsimulated("test_clock")]
        ) { state, call throws(StripeError) in try state.createCustomer(call) },
        .get("/v1/customers/{customer}", answers: "customer") { state, call throws(StripeError) in
            try state.retrieveCustomer(call)
        },
        .post(
            "/v1/customers/{customer}", answers: "customer", customerParameters + [.unsimulated("default_source")]
        ) { state, call throws(StripeError) in try state.updateCustomer(call) },
        .delete("/v1/customers/{customer}", answers: "deleted_customer") { state, call throws(StripeError) in
            try state.deleteCustomer(call)
        },
        .list(
            "/v1/customers/{customer}/payment_methods", of: "payment_method", paymentMethodFilters
        ) { state, call throws(StripeError) in try state.listPaymentMethods(ofCustomer: call) },
        .get("/v1/customers/{customer}/payment_methods/{payment_method}", answers: "payment_method") {
            state, call throws(StripeError) in try state.retrievePaymentMethod(ofCustomer: call)
        },
    ]
}
