/// Where a payment intent stands.
public enum StripePaymentIntentStatus: StripeWord {
    /// Waits for a means of payment: new, or after a refusal.
    case requiresPaymentMethod
    /// Has a means of payment and waits to be confirmed.
    case requiresConfirmation
    /// Waits for the customer, 3-D Secure for one.
    case requiresAction
    /// On its way; neither success nor failure (law 3).
    case processing
    /// Authorised, not collected.
    case requiresCapture
    /// Given up; final.
    case canceled
    /// Collected; final. A refund does not change it.
    case succeeded
    /// A status that this client does not know.
    case unknown(String)

    /// The statuses that this client knows.
    public static let known: [StripePaymentIntentStatus] = [
        .requiresPaymentMethod, .requiresConfirmation, .requiresAction, .processing, .requiresCapture, .canceled,
        .succeeded,
    ]

    /// The word as Stripe spells it.
    public var word: String {
        switch self {
        case .requiresPaymentMethod: "requires_payment_method"
        case .requiresConfirmation: "requires_confirmation"
        case .requiresAction: "requires_action"
        case .processing: "processing"
        case .requiresCapture: "requires_capture"
        case .canceled: "canceled"
        case .succeeded: "succeeded"
        case .unknown(let word): word
        }
    }
}

/// Why a payment intent was cancelled. We may give the first four; the others are Stripe's own.
public enum StripeCancellationReason: StripeWord {
    /// A second one for the same thing.
    case duplicate
    /// Looked like fraud.
    case fraudulent
    /// The customer asked for it.
    case requestedByCustomer
    /// Nobody came back.
    case abandoned
    /// Its invoice failed.
    case failedInvoice
    /// Its invoice was voided.
    case voidInvoice
    /// Stripe did it.
    case automatic
    /// Its authorisation ran out.
    case expired
    /// A reason that this client does not know.
    case unknown(String)

    /// The reasons that this client knows.
    public static let known: [StripeCancellationReason] = [
        .duplicate, .fraudulent, .requestedByCustomer, .abandoned, .failedInvoice, .voidInvoice, .automatic, .expired,
    ]

    /// The word as Stripe spells it.
    public var word: String {
        switch self {
        case .duplicate: "duplicate"
        case .fraudulent: "fraudulent"
        case .requestedByCustomer: "requested_by_customer"
        case .abandoned: "abandoned"
        case .failedInvoice: "failed_invoice"
        case .voidInvoice: "void_invoice"
        case .automatic: "automatic"
        case .expired: "expired"
        case .unknown(let word): word
        }
    }
}
