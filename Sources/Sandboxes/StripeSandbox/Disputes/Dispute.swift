import JSON

/// A payer's claim against a charge, made at their bank.
///
/// ```
/// needs_response ─ evidence ─▶ under_review ─▶ won | lost          (overdue or closed: lost)
/// warning_needs_response ─ evidence ─▶ warning_under_review ─▶ warning_closed | needs_response
/// ```
struct Dispute: StripeObject {
    static let objectName = "dispute"

    enum Status: String, Sendable {
        case needsResponse = "needs_response"
        case underReview = "under_review"
        case won, lost
        case warningNeedsResponse = "warning_needs_response"
        case warningUnderReview = "warning_under_review"
        case warningClosed = "warning_closed"

        /// Whether nothing more will happen.
        var isFinal: Bool { self == .won || self == .lost || self == .warningClosed }
        /// Whether it is only a question so far.
        var isInquiry: Bool {
            self == .warningNeedsResponse || self == .warningUnderReview || self == .warningClosed
        }
    }

    /// What a bank decides, which the evidence's own words may force.
    enum Verdict: String, Sendable {
        case winning = "winning_evidence"
        case losing = "losing_evidence"
        case escalate = "escalate_inquiry_evidence"
    }

    let id: String
    let created: Int64
    let amount: Int64
    let currency: String
    let charge: String
    let paymentIntent: String
    let card: TestCard
    let reason: String
    let dueBy: Int64
    var status: Status
    var evidence: JSONObject = [:]
    var submissionCount: Int64 = 0
    var isPastDue = false
    /// The movements of the balance, in full, as Stripe shows them.
    var movements: [JSONObject] = []
    var metadata: JSONObject = [:]

    /// While the bank has taken no money the merchant may give it back.
    var isChargeRefundable: Bool { status.isInquiry || status == .won }

    /// The evidence that is text or a file.
    static let evidenceNames = [
        "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
        "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
        "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
        "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy",
        "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
        "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation",
        "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
    ]

    var json: JSONObject {
        var evidenceJSON: JSONObject = [:]
        for name in Self.evidenceNames { evidenceJSON[name] = evidence[name] ?? .null }
        evidenceJSON["enhanced_evidence"] = [:]
        return [
            "id": .string(id), "object": "dispute", "amount": .int(amount),
            "balance_transactions": .array(movements.map { .object($0) }), "charge": .string(charge),
            "created": .int(created), "currency": .string(currency), "enhanced_eligibility_types": [],
            "evidence": .object(evidenceJSON),
            "evidence_details": [
                "due_by": .int(dueBy), "enhanced_eligibility": [:],
                "has_evidence": .bool(evidence.members.contains { !$0.value.isNull }), "past_due": .bool(isPastDue),
                "submission_count": .int(submissionCount),
                "submission_method": submissionCount == 0 ? "not_submitted" : "manual",
            ],
            "is_charge_refundable": .bool(isChargeRefundable), "livemode": false, "metadata": .object(metadata),
            "payment_intent": .string(paymentIntent),
            "payment_method_details": [
                "card": [
                    "brand": .string(card.brand), "case_type": status.isInquiry ? "inquiry" : "chargeback",
                    "network": .string(card.brand), "network_reason_code": reason == "fraudulent" ? "10.4" : "13.1",
                ],
                "type": "card",
            ],
            "reason": .string(reason), "status": .string(status.rawValue),
        ]
    }
}
