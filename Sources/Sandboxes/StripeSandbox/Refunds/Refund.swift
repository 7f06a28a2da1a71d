import JSON

/// Money given back.
///
/// ```
/// succeeded ──────────────▶ failed          (a bank sends it back, rarely)
/// pending ──▶ succeeded, failed, canceled
/// ```
struct Refund: StripeObject {
    static let objectName = "refund"

    enum Status: String, Sendable { case pending, succeeded, failed, canceled }

    let id: String
    let created: Int64
    let amount: Int64
    let currency: String
    let charge: String
    let paymentIntent: String
    let paymentMethod: String
    let customer: String?
    /// Whether the money was never captured: then it is let go, not sent back.
    let isReversal: Bool
    var status: Status
    /// Whether the money goes back to a card.
    var isToCard = true
    var reason: String?
    var metadata: JSONObject = [:]
    var balanceTransaction: String?
    var failureBalanceTransaction: String?
    var failureReason: String?
    /// The bank's number for it, once there is one.
    var reference: String?

    var json: JSONObject {
        var card: JSONObject = ["type": isReversal ? "reversal" : "refund"]
        if let reference { card["reference"] = .string(reference) }
        if !isReversal {
            card["reference_status"] = reference == nil ? "pending" : "available"
            card["reference_type"] = "acquirer_reference_number"
        }
        var object: JSONObject = [
            "id": .string(id), "object": "refund", "amount": .int(amount),
            "balance_transaction": JSONValue(balanceTransaction), "charge": .string(charge), "created": .int(created),
            "currency": .string(currency), "customer": JSONValue(customer), "customer_account": .null,
        ]
        if isToCard { object["destination_details"] = ["card": .object(card), "type": "card"] }
        if let failureBalanceTransaction { object["failure_balance_transaction"] = .string(failureBalanceTransaction) }
        if let failureReason { object["failure_reason"] = .string(failureReason) }
        object["metadata"] = .object(metadata)
        object["payment_intent"] = .string(paymentIntent)
        object["payment_method"] = .string(paymentMethod)
        if status == .pending { object["pending_reason"] = "processing" }
        object["reason"] = JSONValue(reason)
        object["receipt_number"] = .null
        object["source_transfer_reversal"] = .null
        object["status"] = .string(status.rawValue)
        object["transfer_reversal"] = .null
        return object
    }
}
