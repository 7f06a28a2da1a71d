import JSON

/// What a publishable key may see of a payment intent: nothing of the merchant's own.
enum ClientSideView {
    private static let members: Set<String> = [
        "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at",
        "cancellation_reason", "capture_method", "client_secret", "confirmation_method", "created", "currency",
        "description", "last_payment_error", "livemode", "next_action", "payment_method",
        "payment_method_configuration_details", "payment_method_types", "processing", "receipt_email",
        "setup_future_usage", "shipping", "source", "status",
    ]

    /// The part of an answer that a client gets.
    static func of(_ value: JSONValue) -> JSONValue {
        guard case .object(let object) = value, object["object"] == "payment_intent" else { return value }
        return .object(JSONObject(object.members.filter { members.contains($0.name) }.map { ($0.name, $0.value) }))
    }
}
