import JSON

/// A payment that the buyer makes on the sandbox's own page.
///
/// ```
/// open ─ paid, or a way to pay chosen ─▶ complete (unpaid until the money came)
///   └── time passes, or the merchant ends it ─▶ expired
/// ```
/// A refused card leaves it open. Its payment intent comes with the first try and is tried again after a refusal.
struct CheckoutSession: StripeObject {
    static let objectName = "checkout.session"

    enum Status: String, Sendable { case open, complete, expired }
    enum PaymentStatus: String, Sendable { case paid, unpaid }

    /// What becomes of the payment intent that its first try makes.
    struct IntentTerms: Sendable {
        var captureMethod = PaymentIntent.CaptureMethod.automatic
        var description: String?
        var metadata: JSONObject = [:]
        var receiptEmail: String?
        var setupFutureUsage: String?
        var shipping: JSONValue = .null
        var statementDescriptor: String?
        var statementDescriptorSuffix: String?
        var transferGroup: String?
    }

    let id: String
    let created: Int64
    let expiresAt: Int64
    let currency: String
    let items: [CheckoutItem]
    let amountTotal: Int64
    let successURL: String
    let cancelURL: String?
    /// Where the page is.
    let pageURL: String
    var status = Status.open
    var paymentStatus = PaymentStatus.unpaid
    var customer: String?
    /// `always` or `if_required`; nil when the merchant named the customer.
    var customerCreation: String?
    /// What the merchant knew.
    var customerEmail: String?
    /// What the buyer typed.
    var payer: CheckoutPayer?
    var paymentIntent: String?
    var terms = IntentTerms()
    var namedTypes: [String]?
    var allowedTypes: JSONValue = .null
    var excludedTypes: JSONValue = .null
    var clientReference: String?
    var locale: String?
    var submitType: String?
    var billingAddressCollection: String?
    var metadata: JSONObject = [:]

    /// The types of payment method that the page offers.
    var types: [PaymentMethod.Kind] {
        PaymentMethodTypes.usable(
            named: namedTypes, allowed: allowedTypes, excluded: excludedTypes, amount: amountTotal, currency: currency,
            isLater: terms.captureMethod == .manual || terms.setupFutureUsage != nil)
    }

    /// Where the buyer goes when it is done, with the session's id where the merchant wants it.
    var successLocation: String { successURL.replacing("{CHECKOUT_SESSION_ID}", with: id) }

    var json: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "object": "checkout.session", "adaptive_pricing": ["enabled": false],
            "after_expiration": .null, "allow_promotion_codes": .null, "amount_subtotal": .int(amountTotal),
            "amount_total": .int(amountTotal),
            "automatic_tax": ["enabled": false, "liability": .null, "provider": .null, "status": .null],
            "billing_address_collection": JSONValue(billingAddressCollection), "cancel_url": JSONValue(cancelURL),
            "client_reference_id": JSONValue(clientReference), "client_secret": .null,
            "collected_information": .null, "consent": .null, "consent_collection": .null,
            "created": .int(created), "currency": .string(currency), "currency_conversion": .null,
            "custom_fields": [],
            "custom_text": [
                "after_submit": .null, "shipping_address": .null, "submit": .null,
                "terms_of_service_acceptance": .null,
            ],
            "customer": JSONValue(customer), "customer_account": .null,
            "customer_creation": JSONValue(customerCreation), "customer_details": customerDetails,
            "customer_email": JSONValue(customerEmail), "discounts": [], "expires_at": .int(expiresAt),
            "integration_identifier": .null, "invoice": .null, "invoice_creation": invoiceCreation,
            "livemode": false, "locale": JSONValue(locale), "managed_payments": .null,
            "metadata": .object(metadata), "mode": "payment", "origin_context": .null,
            "payment_intent": JSONValue(paymentIntent), "payment_link": .null,
            "payment_method_collection": "if_required",
            "payment_method_configuration_details": namedTypes == nil
                ? ["id": "pmc_sandbox", "parent": .null] : .null,
            "payment_method_options": .object(methodOptions),
            "payment_method_types": .array(types.map { .string($0.rawValue) }),
            "payment_status": .string(paymentStatus.rawValue), "permissions": .null,
            "phone_number_collection": ["enabled": false], "recovered_from": .null,
            "saved_payment_method_options": .null, "setup_intent": .null, "shipping_address_collection": .null,
            "shipping_cost": .null, "shipping_options": [], "status": .string(status.rawValue),
            "submit_type": JSONValue(submitType), "subscription": .null, "success_url": .string(successURL),
            "total_details": ["amount_discount": 0, "amount_shipping": 0, "amount_tax": 0],
            "ui_mode": "hosted_page", "url": status == .open ? .string(pageURL) : .null, "wallet_options": .null,
        ]
        if !allowedTypes.isNull { object["allowed_payment_method_types"] = allowedTypes }
        if !excludedTypes.isNull { object["excluded_payment_method_types"] = excludedTypes }
        return object
    }

    private var invoiceCreation: JSONValue {
        [
            "enabled": false,
            "invoice_data": [
                "account_tax_ids": .null, "custom_fields": .null, "description": .null, "footer": .null,
                "issuer": .null, "metadata": [:], "rendering_options": .null,
            ],
        ]
    }

    private var methodOptions: JSONObject {
        var options: JSONObject = [:]
        if types.contains(.card) { options["card"] = ["request_three_d_secure": "automatic"] }
        if types.contains(.konbini) { options["konbini"] = ["expires_after_days": .null] }
        return options
    }

    /// Where mail goes: what the buyer typed counts once the session is complete.
    var knownEmail: String? { (status == .complete ? payer?.email : nil) ?? customerEmail }

    /// Null until an address for mail is known.
    private var customerDetails: JSONValue {
        guard let email = knownEmail else { return .null }
        let isComplete = status == .complete
        return [
            "address": isComplete ? Address.json(.object([:])) : .null, "business_name": .null,
            "email": .string(email), "individual_name": .null,
            "name": isComplete ? JSONValue(payer?.name) : .null, "phone": .null,
            "tax_exempt": isComplete ? "none" : .null, "tax_ids": isComplete ? [] : .null,
        ]
    }
}

/// Who pays, as they typed it on the page.
struct CheckoutPayer: Sendable {
    let email: String
    let name: String?
}
