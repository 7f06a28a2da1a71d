import JSON

/// One try to take money.
struct Charge: StripeObject {
    static let objectName = "charge"

    enum Status: String, Sendable { case succeeded, pending, failed }

    let id: String
    let created: Int64
    let amount: Int64
    let currency: String
    let paymentIntent: String
    let paymentMethod: PaymentMethod
    var status: Status
    /// Why it failed, when it did.
    var decline: Decline?
    let isAuthenticated: Bool
    var receiptURL: String?
    var amountCaptured: Int64 = 0
    var amountRefunded: Int64 = 0
    var isCaptured = false
    var isDisputed = false
    var balanceTransaction: String?
    var failureBalanceTransaction: String?
    var customer: String?
    var description: String?
    var metadata: JSONObject = [:]
    var receiptEmail: String?
    var shipping: JSONValue = .null
    var statementDescriptor: String?
    var statementDescriptorSuffix: String?
    var transferGroup: String?
    var fraudReport: String?

    /// What can still be given back.
    var refundable: Int64 { amount - amountRefunded }
    /// Whether all of it was given back.
    var isRefunded: Bool { amountRefunded == amount && status == .succeeded }

    var json: JSONObject {
        [
            "id": .string(id), "object": "charge", "amount": .int(amount), "amount_captured": .int(amountCaptured),
            "amount_refunded": .int(amountRefunded), "application": .null, "application_fee": .null,
            "application_fee_amount": .null, "balance_transaction": JSONValue(balanceTransaction),
            "billing_details": .object(paymentMethod.billingDetails),
            "calculated_statement_descriptor": JSONValue(statementDescriptor ?? "KESSAI SANDBOX"),
            "captured": .bool(isCaptured), "created": .int(created), "currency": .string(currency),
            "customer": JSONValue(customer), "description": JSONValue(description), "disputed": .bool(isDisputed),
            "failure_balance_transaction": JSONValue(failureBalanceTransaction),
            "failure_code": JSONValue(decline?.code), "failure_message": JSONValue(decline?.message),
            "fraud_details": fraudReport.map { ["user_report": .string($0)] } ?? [:], "livemode": false,
            "metadata": .object(metadata), "on_behalf_of": .null, "outcome": outcome,
            "paid": .bool(status == .succeeded), "payment_intent": .string(paymentIntent),
            "payment_method": .string(paymentMethod.id),
            "payment_method_details": [
                paymentMethod.kind.rawValue: paymentMethod.kind == .card ? cardDetails : konbiniDetails,
                "type": .string(paymentMethod.kind.rawValue),
            ],
            "receipt_email": JSONValue(receiptEmail),
            "receipt_number": .null, "receipt_url": JSONValue(receiptURL), "refunded": .bool(isRefunded),
            "review": .null, "shipping": shipping, "source": .null, "source_transfer": .null,
            "statement_descriptor": JSONValue(statementDescriptor),
            "statement_descriptor_suffix": JSONValue(statementDescriptorSuffix), "status": .string(status.rawValue),
            "transfer_data": .null, "transfer_group": JSONValue(transferGroup),
        ]
    }

    private var outcome: JSONValue {
        let card = paymentMethod.card
        var object: JSONObject = [
            "advice_code": JSONValue(decline?.adviceCode), "network_advice_code": .null,
            "network_decline_code": decline == nil || card.isBlocked ? .null : "05",
        ]
        if status == .pending {
            object["network_status"] = "approved_by_network"
            object["reason"] = .null
        } else if let decline {
            object["network_status"] = card.isBlocked ? "not_sent_to_network" : "declined_by_network"
            object["reason"] = .string(card.isBlocked ? "highest_risk_level" : decline.declineCode ?? decline.code)
        } else {
            object["network_status"] = "approved_by_network"
            object["reason"] = .null
        }
        object["risk_level"] = .string(card.riskLevel)
        object["risk_score"] = .int(card.riskLevel == "highest" ? 92 : card.riskLevel == "elevated" ? 68 : 12)
        if decline == nil {
            object["seller_message"] = status == .pending ? "Payment pending." : "Payment complete."
            object["type"] = "authorized"
        } else if card.isBlocked {
            object["seller_message"] = "Stripe blocked this payment as too risky."
            object["type"] = "blocked"
        } else {
            object["seller_message"] = "The bank did not return any further details with this decline."
            object["type"] = "issuer_declined"
        }
        return .object(object)
    }

    private var konbiniDetails: JSONValue {
        ["store": status == .succeeded ? ["chain": "familymart"] : .null]
    }

    private var cardDetails: JSONValue {
        let card = paymentMethod.card
        let secure: JSONValue = [
            "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": .null,
            "result": "authenticated", "result_reason": .null, "transaction_id": .string("3ds_" + id.dropFirst(3)),
            "version": "2.2.0",
        ]
        return [
            "amount_authorized": status == .succeeded ? .int(amount) : .null, "authorization_code": .null,
            "brand": .string(card.brand), "checks": paymentMethod.checks, "country": .string(card.country),
            "exp_month": .int(paymentMethod.expMonth), "exp_year": .int(paymentMethod.expYear),
            "extended_authorization": ["status": "disabled"], "fingerprint": .string(paymentMethod.fingerprint),
            "funding": .string(card.funding), "incremental_authorization": ["status": "unavailable"],
            "installments": .null, "last4": .string(card.last4), "mandate": .null,
            "multicapture": ["status": "unavailable"], "network": .string(card.brand),
            "network_token": ["used": false], "network_transaction_id": .string(String(id.suffix(15))),
            "overcapture": ["maximum_amount_capturable": .int(amount), "status": "unavailable"],
            "regulated_status": "unregulated", "three_d_secure": isAuthenticated ? secure : .null,
            "transaction_link_id": .null, "wallet": .null,
        ]
    }
}
