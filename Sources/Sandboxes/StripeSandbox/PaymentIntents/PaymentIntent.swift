import JSON

/// A payment from the wish to its end.
///
/// ```
/// requires_payment_method ─ choose ─▶ requires_confirmation ─ confirm ─▶ succeeded
///          ▲                                 ▲                   ├─▶ requires_capture ─ capture ─▶ succeeded
///          └──────── declined ───────────────┼───────────────────┤
///                                            └─ authenticated ── requires_action
/// ```
/// Where the money takes its time, `requires_action` (a number for the store) and `processing` come between confirming
/// and the end; they are settled by the payer's bank or store. Everything but `succeeded` and `processing` may be
/// cancelled.
struct PaymentIntent: StripeObject {
    static let objectName = "payment_intent"

    enum Status: String, Sendable, CaseIterable {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresConfirmation = "requires_confirmation"
        case requiresAction = "requires_action"
        case processing
        case requiresCapture = "requires_capture"
        case succeeded
        case canceled
    }

    enum CaptureMethod: String, Sendable {
        case automatic
        case automaticAsync = "automatic_async"
        case manual
    }

    /// What the payer must do: prove who they are, or go and pay.
    enum NextAction: Sendable, Equatable {
        case redirect(url: String, returnURL: String)
        /// Stripe's script opens the page by itself.
        case script(url: String)
        /// The payer pays at a convenience store.
        case voucher(Voucher)
    }

    /// Which types of payment method it takes.
    enum MethodChoice: Sendable, Equatable {
        /// Those of the dashboard; `redirects` also those that leave the page.
        case automatic(redirects: Bool)
        /// Those that were named.
        case named
    }

    let id: String
    let created: Int64
    let clientSecret: String
    var amount: Int64
    var currency: String
    var status = Status.requiresPaymentMethod
    var choice: MethodChoice
    var captureMethod: CaptureMethod
    var isManuallyConfirmed = false
    var customer: String?
    var paymentMethod: String?
    var latestCharge: String?
    var amountReceived: Int64 = 0
    var amountCapturable: Int64 = 0
    var nextAction: NextAction?
    var lastPaymentError: JSONObject?
    var canceledAt: Int64?
    var cancellationReason: String?
    var setupFutureUsage: String?
    /// The types that the request named, where the version had it name them.
    var namedTypes: [String]?
    var allowedTypes: JSONValue = .null
    var excludedTypes: JSONValue = .null
    var requestThreeDSecure = "automatic"
    var description: String?
    var receiptEmail: String?
    var shipping: JSONValue = .null
    var statementDescriptor: String?
    var statementDescriptorSuffix: String?
    var transferGroup: String?
    var metadata: JSONObject = [:]
    /// Whether a card's bank is taking its time.
    var isProcessingCard = false
    /// The Checkout Session that it was made for.
    var checkoutSession: String?
    /// The payer has proved who they are, and the server is to confirm once more.
    var isAuthenticated = false

    var json: JSONObject {
        [
            "id": .string(id), "object": "payment_intent", "allowed_payment_method_types": allowedTypes,
            "amount": .int(amount), "amount_capturable": .int(amountCapturable), "amount_details": ["tip": [:]],
            "amount_received": .int(amountReceived), "application": .null, "application_fee_amount": .null,
            "automatic_payment_methods": automaticPaymentMethods, "canceled_at": JSONValue(canceledAt),
            "cancellation_reason": JSONValue(cancellationReason), "capture_method": .string(captureMethod.rawValue),
            "client_secret": .string(clientSecret),
            "confirmation_method": isManuallyConfirmed ? "manual" : "automatic", "created": .int(created),
            "currency": .string(currency), "customer": JSONValue(customer), "customer_account": .null,
            "description": JSONValue(description), "excluded_payment_method_types": excludedTypes,
            "last_payment_error": lastPaymentError.map { .object($0) } ?? .null,
            "latest_charge": JSONValue(latestCharge), "livemode": false, "managed_payments": .null,
            "metadata": .object(metadata), "next_action": nextActionJSON, "on_behalf_of": .null,
            "payment_method": JSONValue(paymentMethod),
            "payment_method_configuration_details": choice == .named
                ? .null : ["id": "pmc_sandbox", "parent": .null],
            "payment_method_options": .object(methodOptions),
            "payment_method_types": .array(types.map { .string($0.rawValue) }),
            "processing": isProcessingCard ? ["card": [:], "type": "card"] : .null,
            "receipt_email": JSONValue(receiptEmail),
            "review": .null, "setup_future_usage": JSONValue(setupFutureUsage), "shipping": shipping, "source": .null,
            "statement_descriptor": JSONValue(statementDescriptor),
            "statement_descriptor_suffix": JSONValue(statementDescriptorSuffix), "status": .string(status.rawValue),
            "transfer_data": .null, "transfer_group": JSONValue(transferGroup),
        ]
    }

    private var automaticPaymentMethods: JSONValue {
        guard case .automatic(let redirects) = choice else { return .null }
        return ["allow_redirects": redirects ? "always" : "never", "enabled": true]
    }

    private var methodOptions: JSONObject {
        var options: JSONObject = [:]
        if types.contains(.card) {
            options["card"] = [
                "installments": .null, "mandate_options": .null, "network": .null,
                "request_three_d_secure": .string(requestThreeDSecure),
            ]
        }
        if types.contains(.konbini) {
            options["konbini"] = [
                "confirmation_number": .null, "expires_after_days": .null, "expires_at": .null,
                "product_description": .null,
            ]
        }
        return options
    }

    private var nextActionJSON: JSONValue {
        switch nextAction {
        case nil: .null
        case .redirect(let url, let returnURL):
            ["redirect_to_url": ["return_url": .string(returnURL), "url": .string(url)], "type": "redirect_to_url"]
        case .script(let url):
            [
                "type": "use_stripe_sdk",
                "use_stripe_sdk": ["stripe_js": .string(url), "type": "three_d_secure_redirect"],
            ]
        case .voucher(let voucher): ["konbini_display_details": voucher.json, "type": "konbini_display_details"]
        }
    }
}
