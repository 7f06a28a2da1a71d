public import Kernel

/// Whether a means of payment is kept for later.
public enum StripeFutureUsage: String, Sendable {
    /// For payments at which the customer is present.
    case onSession = "on_session"
    /// Also for payments without the customer.
    case offSession = "off_session"
}

/// Whether means of payment that lead the customer to another page may be offered.
public enum StripeRedirects: String, Sendable {
    /// They may; confirming then needs a return address.
    case always
    /// Only means that need no other page.
    case never
}

/// A payment intent to be made. The means of payment are those of the account's settings
/// (`automatic_payment_methods`), which works in every API version.
public struct CreatePaymentIntent: Sendable, Equatable {
    /// What to collect; the server's own price (law 1).
    public var amount: Money
    /// Whom from.
    public var customer: StripeCustomerID?
    /// Text for our own eyes and the receipt.
    public var description: String?
    /// Up to 50 keys of 40 characters, values of 500.
    public var metadata: [String: String]
    /// Where the receipt goes; personal.
    public var receiptEmail: Redacted<String>?
    /// The end of the line on the card's statement.
    public var statementDescriptorSuffix: String?
    /// Whether the means of payment is kept.
    public var setupFutureUsage: StripeFutureUsage?
    /// Whether means that lead to another page are offered; Stripe's default is `always`.
    public var redirects: StripeRedirects?
    /// What to pay with.
    public var paymentMethod: StripePaymentMethodID?
    /// Whether to pay at once, which needs a means of payment, and a return address unless `redirects` is `never`.
    public var confirm: Bool
    /// Whether the customer is absent; only with `confirm`.
    public var offSession: Bool
    /// Whether a bank's demand for the customer is a refusal instead of `requiresAction`; only with `confirm`.
    public var errorOnRequiresAction: Bool
    /// Where the customer returns to; only with `confirm`.
    public var returnURL: String?

    /// An intent of these parts.
    public init(
        amount: Money, customer: StripeCustomerID? = nil, description: String? = nil,
        metadata: [String: String] = [:], receiptEmail: Redacted<String>? = nil,
        statementDescriptorSuffix: String? = nil, setupFutureUsage: StripeFutureUsage? = nil,
        redirects: StripeRedirects? = nil, paymentMethod: StripePaymentMethodID? = nil, confirm: Bool = false,
        offSession: Bool = false, errorOnRequiresAction: Bool = false, returnURL: String? = nil
    ) {
        self.amount = amount
        self.customer = customer
        self.description = description
        self.metadata = metadata
        self.receiptEmail = receiptEmail
        self.statementDescriptorSuffix = statementDescriptorSuffix
        self.setupFutureUsage = setupFutureUsage
        self.redirects = redirects
        self.paymentMethod = paymentMethod
        self.confirm = confirm
        self.offSession = offSession
        self.errorOnRequiresAction = errorOnRequiresAction
        self.returnURL = returnURL
    }

    func form() throws(StripeError) -> StripeForm {
        var form = StripeForm()
        form.add("amount", amount.amountMinor)
        form.add("currency", amount.currency.code)
        form.add("automatic_payment_methods[enabled]", true)
        form.add("automatic_payment_methods[allow_redirects]", redirects?.rawValue)
        form.add("customer", customer)
        form.add("description", description)
        form.add("receipt_email", receiptEmail)
        form.add("statement_descriptor_suffix", statementDescriptorSuffix)
        form.add("setup_future_usage", setupFutureUsage?.rawValue)
        form.add("payment_method", paymentMethod)
        form.add("confirm", confirm ? true : nil)
        form.add("off_session", offSession ? true : nil)
        form.add("error_on_requires_action", errorOnRequiresAction ? true : nil)
        form.add("return_url", returnURL)
        try form.add(metadata: metadata)
        return form
    }
}
