public import JSON
public import Kernel

/// A person who pays, as Stripe keeps them.
public struct StripeCustomer: StripeObject {
    /// The id.
    public let id: StripeCustomerID
    /// The address that receipts go to; personal.
    public let email: Redacted<String>?
    /// The name; personal.
    public let name: Redacted<String>?
    /// The means of payment that subscriptions use.
    public let defaultPaymentMethod: StripePaymentMethodID?
    /// What we wrote onto it.
    public let metadata: [String: String]
    /// Whether it was deleted; then Stripe still answers with the id and nothing else.
    public let deleted: Bool
    /// Whether the customer pays real money.
    public let livemode: Bool
    /// When it was made, in whole seconds; nil for a deleted customer.
    public let created: Timestamp?

    /// Reads any version's shape, and that of a deleted customer.
    public init(json: JSONValue) throws(StripeShapeError) {
        let reader = try StripeReader(json, "customer")
        id = try reader.id()
        email = try reader.optionalString("email").map { Redacted($0) }
        name = try reader.optionalString("name").map { Redacted($0) }
        if let settings = reader.value("invoice_settings") {
            defaultPaymentMethod = try StripeReader(settings, "invoice_settings").link("default_payment_method")
        } else {
            defaultPaymentMethod = nil
        }
        metadata = try reader.metadata()
        deleted = try reader.optionalBool("deleted") ?? false
        livemode = try reader.optionalBool("livemode") ?? false
        created = deleted ? try reader.optionalTimestamp("created") : try reader.timestamp("created")
    }
}
