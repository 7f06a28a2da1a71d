import Crypto
import JSON

/// How a payer pays: a card they gave, or a convenience store they will go to.
struct PaymentMethod: StripeObject {
    static let objectName = "payment_method"

    let id: String
    let created: Int64
    var kind = Kind.card
    /// The card; for other kinds one that only behaves well.
    let card: TestCard
    var expMonth: Int64
    var expYear: Int64
    /// Whether it came by number without a CVC.
    var lacksCvc = false
    var billingDetails: JSONObject = Address.billing(nil)
    var customer: String?
    var metadata: JSONObject = [:]
    var allowRedisplay = "unspecified"
    /// Used without a customer, or taken off one: it cannot be used again.
    var isSpent = false
    /// A payment set it up for use without the payer.
    var isSetUp = false

    /// The types of payment method that are simulated.
    enum Kind: String, Sendable, CaseIterable {
        case card
        /// Paid in cash at a Japanese convenience store, days later.
        case konbini

        /// The beginning of its charges' ids.
        var chargePrefix: String { self == .card ? "ch_" : "py_" }
    }

    /// Takes it off its customer, for good.
    mutating func detach() {
        customer = nil
        isSpent = true
    }

    /// Equal for equal numbers, and nothing of the number in it.
    var fingerprint: String { String(Hex.encode(Digest.sha256(Array(("card:" + card.number).utf8))).prefix(16)) }

    var checks: JSONValue {
        [
            "address_line1_check": .null,
            "address_postal_code_check": billingDetails["address"]?["postal_code"]?.string == nil
                ? .null : .string(card.postalCodeCheck),
            "cvc_check": lacksCvc ? .null : .string(card.cvcCheck),
        ]
    }

    var json: JSONObject {
        [
            "id": .string(id), "object": "payment_method", "allow_redisplay": .string(allowRedisplay),
            "billing_details": .object(billingDetails), kind.rawValue: kind == .card ? cardJSON : [:],
            "created": .int(created), "customer": JSONValue(customer), "customer_account": .null, "livemode": false,
            "metadata": .object(metadata), "type": .string(kind.rawValue),
        ]
    }

    private var cardJSON: JSONValue {
        [
            "brand": .string(card.brand), "checks": checks, "country": .string(card.country),
            "display_brand": .string(card.brand), "exp_month": .int(expMonth), "exp_year": .int(expYear),
            "fingerprint": .string(fingerprint), "funding": .string(card.funding), "generated_from": .null,
            "last4": .string(card.last4), "networks": ["available": [.string(card.brand)], "preferred": .null],
            "regulated_status": "unregulated", "three_d_secure_usage": ["supported": true], "wallet": .null,
        ]
    }
}
