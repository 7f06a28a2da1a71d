public import HTTP
internal import JSON
public import Kernel

/// What Payments refuses. Where several apply to one request, the first in this order is answered.
public enum PaymentError: Error, Equatable {
    /// `WebhookSignatureError`: the signature is missing, wrong, or too old.
    case webhookSignature(String)
    /// This installation has no webhook secret, and so takes no webhooks (law 13).
    case webhooksNotConfigured
    /// The signed body is not an event.
    case webhookMalformed
    /// There is no such order.
    case orderNotFound
    /// `PermissionDeniedError`: the order is somebody else's; what was to be done, in the brief's words.
    case permissionDenied(String)
    /// `PaymentAlreadyProcessedError`: the order is paid.
    case paymentAlreadyProcessed
    /// `OrderNotPendingError`: the order's status takes no payment.
    case orderNotPending(OrderStatus)
    /// `PaymentIntentCreationError`: Stripe refused or could not be asked. `repeatable`: the same request may be sent
    /// again and never charges twice (law 2).
    case paymentIntentCreation(code: String, repeatable: Bool)
    /// Stripe did not open the order's payment page, or could not be asked about it. `repeatable`: the same request may
    /// be sent again; otherwise the order is canceled.
    case pageNotOpened(code: String, repeatable: Bool)
    /// The order is paid and not delivered yet; it is remembered and tried again. The reference is for the buyer.
    case deliveryPending(reference: Int64)
    /// The order can no longer be canceled.
    case orderNotCancelable(OrderStatus)
    /// The buyer's bank is working on a payment; wait for its end.
    case paymentInProgress
    /// There is no such payment to refund.
    case paymentNotFound
    /// The order has nothing (left) to refund.
    case nothingToRefund
    /// More than is left; what is left, in minor units.
    case refundTooLarge(leftMinor: Int64)
    /// Stripe refused the refund.
    case refundRefused(code: String)
    /// There is no such review.
    case reviewNotFound
    /// Money of the order is still owed back.
    case reviewNeedsRefund
    /// The order's sum is outside what can be charged, or no multiple of the currency's step; all in minor units.
    case amountNotChargeable(minimum: Int64, maximum: Int64, step: Int64)
    /// The account has as many unpaid orders as one may have.
    case tooManyOpenOrders
}

extension PaymentError: ProblemConvertible {
    /// The one mapping to the wire (S3-ERR-01).
    public var problem: Problem {
        switch self {
        case .webhookSignature(let reason):
            Problem(status: 400, code: "webhook_signature_invalid", detail: "The webhook's signature \(reason).")
        case .webhooksNotConfigured:
            Problem(
                status: 503, code: "webhooks_not_configured",
                detail: "No webhook secret is configured, so no webhook is taken.", headers: ["Retry-After": "60"])
        case .webhookMalformed:
            Problem(status: 400, code: "webhook_malformed", detail: "The signed body is not an event of Stripe.")
        case .orderNotFound: .notFound("order")
        case .permissionDenied(let what):
            Problem(status: 403, code: "permission_denied", detail: "\(what)権限がありません。")
        case .paymentAlreadyProcessed:
            Problem(status: 400, code: "payment_already_processed", detail: "The order is paid already.")
        case .orderNotPending(let status):
            Problem(
                status: 400, code: "order_not_pending",
                detail: "The order cannot be paid: its status is \(status.rawValue).")
        case .paymentIntentCreation(let code, let repeatable):
            Problem(
                status: 400, code: "payment_intent_creation_failed",
                detail: repeatable
                    ? "Stripe gave no certain answer (\(code)). Send the same request again; nothing is charged twice."
                    : "Stripe refused to open the payment (\(code)).",
                headers: repeatable ? ["Retry-After": "5"] : [:])
        case .pageNotOpened(let code, repeatable: true):
            Problem(
                status: 503, code: "payment_page_unavailable",
                detail:
                    "Stripe gave no certain answer (\(code)). Send the same request again; nothing is charged twice.",
                headers: ["Retry-After": "5"])
        case .pageNotOpened(let code, repeatable: false):
            Problem(
                status: 502, code: "payment_page_refused",
                detail: "Stripe refused to open the payment page (\(code)). Nothing was charged.")
        case .deliveryPending(let reference):
            Problem(
                status: 503, code: "delivery_pending",
                detail: "お支払いは確認できました。反映に時間がかかっています。自動的に再試行しますので、しばらくお待ちください。"
                    + "お問い合わせの際は受付番号 \(reference) をお伝えください。 "
                    + "Your payment is confirmed, and its delivery is tried again by itself. Your reference is \(reference).",
                headers: ["Retry-After": "30"])
        case .orderNotCancelable(let status):
            Problem(
                status: 409, code: "order_not_cancelable",
                detail: "The order cannot be canceled: its status is \(status.rawValue).")
        case .paymentInProgress:
            Problem(
                status: 409, code: "payment_in_progress",
                detail: "A payment is being processed; wait for its outcome.", headers: ["Retry-After": "10"])
        case .paymentNotFound: .notFound("payment")
        case .nothingToRefund:
            Problem(status: 409, code: "nothing_to_refund", detail: "Nothing of this order is left to refund.")
        case .refundTooLarge(let left):
            Problem(
                status: 400, code: "refund_too_large",
                detail: "At most \(left) (in minor units) is left to refund.",
                fields: [.init(field: "amount", code: "out_of_range", detail: "must be at most \(left)")])
        case .refundRefused(let code):
            Problem(status: 400, code: "refund_refused", detail: "Stripe refused the refund (\(code)).")
        case .reviewNotFound: .notFound("review")
        case .reviewNeedsRefund:
            Problem(
                status: 409, code: "review_needs_refund",
                detail: "Money of this order is still owed back; refund it first.")
        case .amountNotChargeable(let minimum, let maximum, let step):
            Problem(
                status: 400, code: "amount_not_chargeable",
                detail: "The total must be from \(minimum) to \(maximum) in minor units"
                    + (step > 1 ? ", and a multiple of \(step)." : "."))
        case .tooManyOpenOrders:
            Problem(
                status: 409, code: "too_many_open_orders",
                detail: "This account has \(OpenOrders.ofUserMax) unpaid orders; pay or cancel one of them first.")
        }
    }

    /// A refusal is business; a vendor that cannot be asked, and attacks, are warnings; a missing secret is our fault.
    public var logLevel: Log.Level {
        switch self {
        case .webhookSignature, .webhookMalformed, .permissionDenied, .paymentIntentCreation, .refundRefused,
            .pageNotOpened(_, repeatable: true):
            .warning
        case .webhooksNotConfigured, .pageNotOpened, .deliveryPending: .error
        default: .info
        }
    }
}
