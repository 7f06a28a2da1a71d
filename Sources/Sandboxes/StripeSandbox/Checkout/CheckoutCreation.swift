import JSON
import Kernel

extension SandboxState {
    /// Half an hour to a day: how long a session may be open.
    private static let openSeconds: ClosedRange<Int64> = 1800...86_400

    /// Opens a session. Nothing is charged and no payment intent is made before the buyer's first try.
    mutating func createCheckoutSession(_ call: Call) throws(StripeError) -> JSONValue {
        try checkoutSessions.requireRoom()
        let parameters = call.parameters
        try Self.requireSimulated(parameters, call.version)
        guard let successURL = parameters.string("success_url") else {
            throw StripeError.missingParameter("success_url").beforeExecution
        }
        try Self.requireURL(successURL, "success_url")
        if let url = parameters.string("cancel_url") { try Self.requireURL(url, "cancel_url") }
        let expiresAt = try Self.expiry(parameters, call.cause)
        var terms = try Self.intentTerms(parameters.hash("payment_intent_data"), call)
        if terms.captureMethod == .automatic, options.automaticAsync,
            call.version >= .asynchronousCapture, parameters["payment_intent_data", "capture_method"] == nil
        {
            terms.captureMethod = .automaticAsync
        }
        let customer = try checkoutCustomer(parameters)
        let (items, drafts) = try checkoutItems(parameters, call.cause)
        try products.requireRoom(for: drafts.count)
        try prices.requireRoom(for: drafts.count)
        let total = try Self.checkoutTotal(items)
        let id = "cs_test_" + random.alphanumerics(58)
        var session = CheckoutSession(
            id: id, created: call.cause.seconds, expiresAt: expiresAt, currency: items[0].price.currency,
            items: items, amountTotal: total, successURL: successURL, cancelURL: parameters.string("cancel_url"),
            pageURL: "\(publicURL)/_sandbox/checkout/\(id)", customer: customer?.id,
            customerCreation: customer == nil ? parameters.string("customer_creation") ?? "if_required" : nil,
            customerEmail: parameters.string("customer_email") ?? customer?.email, terms: terms,
            namedTypes: parameters.strings("payment_method_types"),
            allowedTypes: parameters["allowed_payment_method_types"] ?? .null,
            excludedTypes: parameters["excluded_payment_method_types"] ?? .null)
        session.clientReference = parameters.string("client_reference_id")
        session.locale = parameters.string("locale")
        session.submitType = parameters.string("submit_type")
        session.billingAddressCollection = parameters.string("billing_address_collection")
        session.metadata = try Metadata.merged([:], parameters["metadata"])
        guard !session.types.isEmpty else {
            throw StripeError.invalidRequest(
                "No valid payment method types for this Checkout Session. The sandbox has: "
                    + PaymentMethod.Kind.allCases.map(\.rawValue).joined(separator: ", ") + ".",
                param: "allowed_payment_method_types"
            ).beforeExecution
        }
        for draft in drafts {
            if let product = draft.product { products.insert(product) }
            prices.insert(draft.price)
        }
        checkoutSessions.insert(session)
        agenda.add(.expireCheckout(id), due: Timestamp(epochSeconds: expiresAt))
        return .object(session.json)
    }

    /// Throws for what Stripe's page can do and the sandbox's cannot.
    private static func requireSimulated(_ parameters: Parameters, _ version: APIVersion) throws(StripeError) {
        guard let mode = parameters.string("mode") else { throw StripeError.missingParameter("mode").beforeExecution }
        guard mode == "payment" else {
            throw StripeError.invalidRequest(
                "The sandbox knows the mode 'payment' only; it does not simulate '\(mode)'.", param: "mode"
            ).beforeExecution
        }
        let interface = parameters.string("ui_mode")
        let names =
            version >= .dahlia
            ? ["elements", "embedded_page", "form", "hosted_page"]
            : version >= .clover ? ["custom", "embedded", "hosted"] : ["embedded", "hosted"]
        if let interface {
            guard names.contains(interface) else {
                throw StripeError.invalidRequest(
                    "Invalid ui_mode: must be one of \(names.joined(separator: ", "))", param: "ui_mode"
                ).beforeExecution
            }
            guard interface.hasPrefix("hosted") else {
                throw StripeError.unsimulated("ui_mode", interface).beforeExecution
            }
        }
        for path in [
            ["automatic_tax", "enabled"], ["invoice_creation", "enabled"], ["phone_number_collection", "enabled"],
        ]
        where parameters.hash(path[0])?.bool(path[1]) == true {
            throw StripeError.unsimulated("\(path[0])[\(path[1])]").beforeExecution
        }
        if parameters.bool("allow_promotion_codes") == true {
            throw StripeError.unsimulated("allow_promotion_codes").beforeExecution
        }
        if parameters.string("billing_address_collection") == "required" {
            throw StripeError.unsimulated("billing_address_collection", "required").beforeExecution
        }
        if let submit = parameters.string("submit_type"), submit == "subscribe" {
            throw StripeError.invalidRequest(
                "`submit_type` can only be `subscribe` in `subscription` mode.", param: "submit_type"
            ).beforeExecution
        }
        if parameters.has("payment_method_collection") {
            throw StripeError.invalidRequest(
                "You can only set `payment_method_collection` if there are recurring prices.",
                param: "payment_method_collection"
            ).beforeExecution
        }
        if let named = parameters.strings("payment_method_types") {
            try PaymentMethodTypes.requireSimulated(named, "payment_method_types")
        }
        if let allowed = parameters.strings("allowed_payment_method_types") {
            try PaymentMethodTypes.requireSimulated(allowed, "allowed_payment_method_types")
        }
    }

    /// An address on the web, or of an app (`timekeeper://paid`), as some sellers have.
    private static func requireURL(_ url: String, _ param: String) throws(StripeError) {
        let scheme = url.prefix { $0 != ":" }
        let isScheme =
            scheme.first?.isLetter == true
            && scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        // What runs in the browser instead of leaving it is no way back.
        let isDangerous = ["javascript", "data", "vbscript", "file", "about", "blob"].contains(scheme.lowercased())
        let rest = url.dropFirst(scheme.count)
        guard isScheme, !isDangerous, rest.hasPrefix("://"), rest.count > 3, url.count <= 5000,
            url.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
        else {
            throw StripeError.invalidRequest("Not a valid URL", code: "url_invalid", param: param).beforeExecution
        }
    }

    private static func expiry(_ parameters: Parameters, _ cause: Cause) throws(StripeError) -> Int64 {
        guard let wanted = parameters.int("expires_at") else { return cause.seconds + openSeconds.upperBound }
        let (seconds, overflow) = wanted.subtractingReportingOverflow(cause.seconds)
        guard !overflow, openSeconds.contains(seconds) else {
            let bound =
                wanted > cause.seconds + openSeconds.lowerBound ? "less than 24 hours" : "at least 30 minutes"
            throw StripeError.invalidRequest(
                "The `expires_at` timestamp must be \(bound) from Checkout Session creation.", param: "expires_at"
            ).beforeExecution
        }
        return wanted
    }

    private static func intentTerms(_ data: Parameters?, _ call: Call) throws(StripeError)
        -> CheckoutSession.IntentTerms
    {
        var terms = CheckoutSession.IntentTerms()
        guard let data else { return terms }
        if let capture = data.string("capture_method").flatMap(PaymentIntent.CaptureMethod.init) {
            terms.captureMethod = capture
        }
        terms.description = data.string("description")
        terms.metadata = try Metadata.merged([:], data["metadata"])
        terms.receiptEmail = data.string("receipt_email")
        terms.setupFutureUsage = data.string("setup_future_usage")
        terms.shipping = Address.shipping(data["shipping"], ofPayment: true)
        terms.statementDescriptor = data.string("statement_descriptor")
        terms.statementDescriptorSuffix = data.string("statement_descriptor_suffix")
        terms.transferGroup = data.string("transfer_group")
        return terms
    }

    /// The customer that the merchant names, if any. Throws when it is described twice.
    private func checkoutCustomer(_ parameters: Parameters) throws(StripeError) -> Customer? {
        if let email = parameters.string("customer_email"), !EmailAddress.isPlausible(email) {
            throw StripeError.invalidRequest(
                "Invalid email address: \(email)", code: "email_invalid", param: "customer_email"
            ).beforeExecution
        }
        guard let id = parameters.string("customer") else { return nil }
        for other in ["customer_email", "customer_creation"] where parameters.has(other) {
            throw StripeError.invalidRequest(
                "You may only specify one of these parameters: customer, \(other).", code: "parameters_exclusive",
                param: other
            ).beforeExecution
        }
        return try requireCustomer(id)
    }
}
