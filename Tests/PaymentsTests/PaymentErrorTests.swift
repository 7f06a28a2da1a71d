import HTTP
import JSON
import Kernel
import Payments
import Testing

/// S3-ERR-01: the family of errors and its one mapping.
@Suite struct PaymentErrorTests {
    private static let table: [(PaymentError, Int, String, Log.Level)] = [
        // The five of the brief, each 400.
        (.webhookSignature("is missing"), 400, "webhook_signature_invalid", .warning),
        (.paymentIntentCreation(code: "x", repeatable: true), 400, "payment_intent_creation_failed", .warning),
        (.paymentIntentCreation(code: "x", repeatable: false), 400, "payment_intent_creation_failed", .warning),
        (.orderNotPending(.canceled), 400, "order_not_pending", .info),
        (.paymentAlreadyProcessed, 400, "payment_already_processed", .info),
        // Their relatives.
        (.webhookMalformed, 400, "webhook_malformed", .warning),
        (.webhooksNotConfigured, 503, "webhooks_not_configured", .error),
        (.orderNotFound, 404, "order_not_found", .info),
        (.permissionDenied("この注文の決済を行う"), 403, "permission_denied", .warning),
        (.orderNotCancelable(.paid), 409, "order_not_cancelable", .info),
        (.paymentInProgress, 409, "payment_in_progress", .info),
        (.paymentNotFound, 404, "payment_not_found", .info),
        (.nothingToRefund, 409, "nothing_to_refund", .info),
        (.refundTooLarge(leftMinor: 7), 400, "refund_too_large", .info),
        (.refundRefused(code: "x"), 400, "refund_refused", .warning),
        (.reviewNotFound, 404, "review_not_found", .info),
        (.reviewNeedsRefund, 409, "review_needs_refund", .info),
        (.amountNotChargeable(minimum: 50, maximum: 99), 400, "amount_not_chargeable", .info),
    ]

    @Test(arguments: table)
    func `each error has its status, code and level (S3-ERR-01)`(
        error: PaymentError, status: Int, code: String, level: Log.Level
    ) {
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
    }

    @Test func `the amounts of a refusal are those of the request's own order`() {
        let problem = PaymentError.refundTooLarge(leftMinor: 7).problem
        #expect(problem.fields.map(\.field) == ["amount"])
        #expect(problem.detail.contains("7"))
    }
}
