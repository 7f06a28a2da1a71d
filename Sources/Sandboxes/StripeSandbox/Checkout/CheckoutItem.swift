import JSON

/// A line of a Checkout Session: so many of something.
struct CheckoutItem: StripeObject {
    static let objectName = "item"
    static let quantityMax: Int64 = 999_999

    let id: String
    let created: Int64
    let description: String
    let price: Price
    let quantity: Int64
    /// Price times quantity, in the currency's minor unit.
    let amount: Int64
    /// The least and the most a buyer could choose; the sandbox's page keeps the quantity as it is.
    var adjustable: (minimum: Int64, maximum: Int64)?
    var metadata: JSONObject = [:]

    var json: JSONObject {
        let adjustment: JSONValue =
            adjustable.map { ["enabled": true, "maximum": .int($0.maximum), "minimum": .int($0.minimum)] } ?? .null
        return [
            "id": .string(id), "object": "item", "adjustable_quantity": adjustment, "amount_discount": 0,
            "amount_subtotal": .int(amount), "amount_tax": 0, "amount_total": .int(amount),
            "currency": .string(price.currency), "description": .string(description),
            "metadata": .object(metadata), "price": .object(price.json), "quantity": .int(quantity),
        ]
    }
}
