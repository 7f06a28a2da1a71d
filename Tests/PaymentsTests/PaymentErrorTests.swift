import HTTP
import JSON
import Kernel
import Payments
import Testing

/// S3-ERR-01: the family of errors and its one mapping.
@Suite struct PaymentErrorTests {
    private static let all: [PaymentError] = [
        .webhookSignature("is missing"), .paymentIntentCreation(code: "x", repeatable: true),
        .paymentIntentCreation(code: "x", repeatable: false), .orderNotPending(.canceled), .paymentAlreadyProcessed,
        .webhookMalformed, .webhooksNotConfigured, .orderNotFound, .permissionDenied("この注文の決済を行う"),
        .pageNotOpened(code: "x", repeatable: true), .pageNotOpened(code: "x", repeatable: false),
        .deliveryPending(reference: 7), .orderNotCancelable(.paid), .paymentInProgress, .paymentNotFound,
        .nothingToRefund, .refundTooLarge(leftMinor: 7), .refundRefused(code: "x"), .reviewNotFound,
        .reviewNeedsRefund, .amountNotChargeable(minimum: 50, maximum: 99, step: 1), .tooManyOpenOrders,
    ]
    /// How many errors ``face(_:)`` knows: the list above lacks none of them.
    private static let count = 22

    /// Where an error stands in the list, and what is expected of it. A case that is new does not compile until it has
    /// its line, and its number fails the count until it stands in the list.
    private static func face(_ error: PaymentError) -> (Int, Int, String, Log.Level) {
        switch error {
        // The five of the brief, each 400.
        case .webhookSignature: (0, 400, "webhook_signature_invalid", .warning)
        case .paymentIntentCreation(_, repeatable: true): (1, 400, "payment_intent_creation_failed", .warning)
        case .paymentIntentCreation(_, repeatable: false): (2, 400, "payment_intent_creation_failed", .warning)
        case .orderNotPending: (3, 400, "order_not_pending", .info)
        case .paymentAlreadyProcessed: (4, 400, "payment_already_processed", .info)
        // Their relatives.
        case .webhookMalformed: (5, 400, "webhook_malformed", .warning)
        case .webhooksNotConfigured: (6, 503, "webhooks_not_configured", .error)
        case .orderNotFound: (7, 404, "order_not_found", .info)
        case .permissionDenied: (8, 403, "permission_denied", .warning)
        case .pageNotOpened(_, repeatable: true): (9, 503, "payment_page_unavailable", .warning)
        case .pageNotOpened(_, repeatable: false): (10, 502, "payment_page_refused", .error)
        case .deliveryPending: (11, 503, "delivery_pending", .error)
        case .orderNotCancelable: (12, 409, "order_not_cancelable", .info)
        case .paymentInProgress: (13, 409, "payment_in_progress", .info)
        case .paymentNotFound: (14, 404, "payment_not_found", .info)
        case .nothingToRefund: (15, 409, "nothing_to_refund", .info)
        case .refundTooLarge: (16, 400, "refund_too_large", .info)
        case .refundRefused: (17, 400, "refund_refused", .warning)
        case .reviewNotFound: (18, 404, "review_not_found", .info)
        case .reviewNeedsRefund: (19, 409, "review_needs_refund", .info)
        case .amountNotChargeable: (20, 400, "amount_not_chargeable", .info)
        case .tooManyOpenOrders: (21, 409, "too_many_open_orders", .info)
        }
    }

    @Test func `the list is complete`() {
        #expect(Self.all.map { Self.face($0).0 } == Array(0..<Self.count))
    }

    @Test(arguments: all)
    func `each error has its status, code and level (S3-ERR-01)`(error: PaymentError) {
        let (_, status, code, level) = Self.face(error)
        let problem = error.problem
        #expect(problem.status == status)
        #expect(problem.code == code)
        #expect(error.logLevel == level)
        #expect(problem.detail.hasSuffix(".") || problem.detail.hasSuffix("。"))
    }

    @Test func `the permission error speaks the brief's words (S3-FLOW-03)`() {
        #expect(PaymentError.permissionDenied("この注文の決済を行う").problem.detail == "この注文の決済を行う権限がありません。")
    }

    @Test func `what can be tried again later says when`() {
        #expect(PaymentError.paymentInProgress.problem.headers["Retry-After"] == "10")
        #expect(PaymentError.webhooksNotConfigured.problem.headers["Retry-After"] == "60")
        #expect(PaymentError.pageNotOpened(code: "x", repeatable: true).problem.headers["Retry-After"] == "5")
        // By this a client tells what it may repeat from what Stripe refused for good.
        #expect(PaymentError.paymentIntentCreation(code: "x", repeatable: true).problem.headers["Retry-After"] == "5")
        #expect(PaymentError.paymentIntentCreation(code: "x", repeatable: false).problem.headers["Retry-After"] == nil)
        #expect(PaymentError.deliveryPending(reference: 7).problem.headers["Retry-After"] == "30")
    }

    @Test func `the amounts of a refusal are those of the request's own order`() {
        let problem = PaymentError.refundTooLarge(leftMinor: 7).problem
        #expect(problem.fields.map(\.field) == ["amount"])
        #expect(problem.detail.contains("7"))
    }
}
