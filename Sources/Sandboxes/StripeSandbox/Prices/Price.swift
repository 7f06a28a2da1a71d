import JSON

/// What a product costs; its amount never changes.
struct Price: StripeObject {
    static let objectName = "price"
    static let taxBehaviors = "exclusive inclusive unspecified"

    /// How often it is paid.
    struct Recurrence: Sendable, Equatable {
        let interval: String
        let count: Int64
    }

    let id: String
    let created: Int64
    let product: String
    let currency: String
    /// In the currency's minor unit.
    let unitAmount: Int64
    /// Nil when it is paid once.
    let recurrence: Recurrence?
    var isActive = true
    var lookupKey: String?
    var nickname: String?
    var taxBehavior = "unspecified"
    var metadata: JSONObject = [:]

    /// Stripe's word for whether it is paid once or again.
    var type: String { recurrence == nil ? "one_time" : "recurring" }

    var json: JSONObject {
        let recurring: JSONValue =
            recurrence.map {
                [
                    "interval": .string($0.interval), "interval_count": .int($0.count), "meter": .null,
                    "trial_period_days": .null, "usage_type": "licensed",
                ]
            } ?? .null
        return [
            "id": .string(id), "object": "price", "active": .bool(isActive), "billing_scheme": "per_unit",
            "created": .int(created), "currency": .string(currency), "custom_unit_amount": .null, "livemode": false,
            "lookup_key": JSONValue(lookupKey), "metadata": .object(metadata), "nickname": JSONValue(nickname),
            "product": .string(product), "recurring": recurring, "tax_behavior": .string(taxBehavior),
            "tiers_mode": .null, "transform_quantity": .null, "type": .string(type), "unit_amount": .int(unitAmount),
            "unit_amount_decimal": .string(String(unitAmount)),
        ]
    }
}
