public import Kernel

/// What to change on a payment intent; nil leaves a field.
public struct UpdatePaymentIntent: Sendable, Equatable {
    /// Another sum; possible until it is confirmed.
    public var amount: Money?
    /// A customer, where there is none yet.
    public var customer: StripeCustomerID?
    /// Text for our own eyes and the receipt.
    public var description: String?
    /// Keys to set; an empty value removes one, the others stay.
    public var metadata: [String: String]
    /// Where the receipt goes; personal.
    public var receiptEmail: Redacted<String>?
    /// What to pay with.
    public var paymentMethod: StripePaymentMethodID?
    /// Whether the means of payment is kept.
    public var setupFutureUsage: StripeFutureUsage?

    /// A change of these parts.
    public init(
        amount: Money? = nil, customer: StripeCustomerID? = nil, description: String? = nil,
        metadata: [String: String] = [:], receiptEmail: Redacted<String>? = nil,
        paymentMethod: StripePaymentMethodID? = nil, setupFutureUsage: StripeFutureUsage? = nil
    ) {
        self.amount = amount
        self.customer = customer
        self.description = description
        self.metadata = metadata
        self.receiptEmail = receiptEmail
        self.paymentMethod = paymentMethod
        self.setupFutureUsage = setupFutureUsage
    }

    func form() throws(StripeError) -> StripeForm {
        var form = StripeForm()
        form.add("amount", amount?.amountMinor)
        form.add("currency", amount?.currency.code)
        form.add("customer", customer)
        form.add("description", description)
        form.add("receipt_email", receiptEmail)
        form.add("payment_method", paymentMethod)
        form.add("setup_future_usage", setupFutureUsage?.rawValue)
        try form.add(metadata: metadata)
        return form
    }
}

/// How to confirm a payment intent, that is, to pay.
public struct ConfirmPaymentIntent: Sendable, Equatable {
    /// What to pay with, where the intent has nothing yet.
    public var paymentMethod: StripePaymentMethodID?
    /// Where the customer returns to, for means and banks that lead to another page.
    public var returnURL: String?
    /// Whether the customer is absent. A bank that wants the customer then refuses (`authentication_required`).
    public var offSession: Bool
    /// Whether a bank's demand for the customer is a refusal instead of `requiresAction`.
    public var errorOnRequiresAction: Bool
    /// Whether the means of payment is kept.
    public var setupFutureUsage: StripeFutureUsage?
    /// Whether a page with Stripe's own script takes the next action.
    public var useStripeSDK: Bool

    /// A confirmation of these parts.
    public init(
        paymentMethod: StripePaymentMethodID? = nil, returnURL: String? = nil, offSession: Bool = false,
        errorOnRequiresAction: Bool = false, setupFutureUsage: StripeFutureUsage? = nil, useStripeSDK: Bool = false
    ) {
        self.paymentMethod = paymentMethod
        self.returnURL = returnURL
        self.offSession = offSession
        self.errorOnRequiresAction = errorOnRequiresAction
        self.setupFutureUsage = setupFutureUsage
        self.useStripeSDK = useStripeSDK
    }

    func form() -> StripeForm {
        var form = StripeForm()
        form.add("payment_method", paymentMethod)
        form.add("return_url", returnURL)
        form.add("off_session", offSession ? true : nil)
        form.add("error_on_requires_action", errorOnRequiresAction ? true : nil)
        form.add("setup_future_usage", setupFutureUsage?.rawValue)
        form.add("use_stripe_sdk", useStripeSDK ? true : nil)
        return form
    }
}
