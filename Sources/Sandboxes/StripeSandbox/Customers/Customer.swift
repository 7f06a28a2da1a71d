import JSON

/// Somebody who pays, as a merchant knows them.
struct Customer: StripeObject {
    static let objectName = "customer"

    let id: String
    let created: Int64
    let invoicePrefix: String
    var email: String?
    var name: String?
    var phone: String?
    var description: String?
    var businessName: String?
    var individualName: String?
    var address: JSONValue = .null
    var shipping: JSONValue = .null
    var balance: Int64 = 0
    var defaultPaymentMethod: String?
    var footer: String?
    var customFields: JSONValue = .null
    var preferredLocales: [String] = []
    var taxExempt = "none"
    var nextInvoiceSequence: Int64 = 1
    var metadata: JSONObject = [:]
    /// A deleted customer can still be read, as a stub.
    var isDeleted = false

    var json: JSONObject {
        if isDeleted { return ["id": .string(id), "object": "customer", "deleted": true] }
        var object: JSONObject = [
            "id": .string(id), "object": "customer", "address": address, "balance": .int(balance),
        ]
        if let businessName { object["business_name"] = .string(businessName) }
        object["created"] = .int(created)
        object["currency"] = .null
        object["customer_account"] = .null
        object["default_source"] = .null
        object["delinquent"] = false
        object["description"] = JSONValue(description)
        object["discount"] = .null
        object["email"] = JSONValue(email)
        if let individualName { object["individual_name"] = .string(individualName) }
        object["invoice_prefix"] = .string(invoicePrefix)
        object["invoice_settings"] = [
            "custom_fields": customFields, "default_payment_method": JSONValue(defaultPaymentMethod),
            "footer": JSONValue(footer), "rendering_options": .null,
        ]
        object["livemode"] = false
        object["metadata"] = .object(metadata)
        object["name"] = JSONValue(name)
        object["next_invoice_sequence"] = .int(nextInvoiceSequence)
        object["phone"] = JSONValue(phone)
        object["preferred_locales"] = .array(preferredLocales.map { .string($0) })
        object["shipping"] = shipping
        object["tax_exempt"] = .string(taxExempt)
        object["test_clock"] = .null
        return object
    }

    /// Takes over what a request says. Throws for metadata beyond its limits.
    mutating func apply(_ parameters: Parameters) throws(StripeError) {
        metadata = try Metadata.merged(metadata, parameters["metadata"])
        if parameters.has("email") { email = parameters.string("email") }
        if parameters.has("name") { name = parameters.string("name") }
        if parameters.has("phone") { phone = parameters.string("phone") }
        if parameters.has("description") { description = parameters.string("description") }
        if parameters.has("business_name") { businessName = parameters.string("business_name") }
        if parameters.has("individual_name") { individualName = parameters.string("individual_name") }
        if parameters.has("address") { address = Address.json(parameters["address"]) }
        if parameters.has("shipping") { shipping = Address.shipping(parameters["shipping"]) }
        if let balance = parameters.int("balance") { self.balance = balance }
        if let locales = parameters.strings("preferred_locales") { preferredLocales = locales }
        if parameters.has("tax_exempt") { taxExempt = parameters.string("tax_exempt") ?? "none" }
        if let sequence = parameters.int("next_invoice_sequence") { nextInvoiceSequence = sequence }
        guard let settings = parameters.hash("invoice_settings") else { return }
        if let method = settings.string("default_payment_method") { defaultPaymentMethod = method }
        if let footer = settings.string("footer") { self.footer = footer }
        if let fields = settings["custom_fields"] { customFields = fields }
    }
}

/// Addresses for mail.
enum EmailAddress {
    /// Whether it may be one: something on both sides of one @, no spaces, at most 512 characters.
    static func isPlausible(_ text: String) -> Bool {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        return halves.count == 2 && halves.allSatisfy { !$0.isEmpty } && !text.contains(where: \.isWhitespace)
            && text.count <= 512
    }
}

/// Addresses as Stripe renders them: every part is there, null where nothing was said.
enum Address {
    static func json(_ value: JSONValue?) -> JSONValue {
        guard case .object(let given) = value else { return .null }
        var object: JSONObject = [:]
        for name in ["city", "country", "line1", "line2", "postal_code", "state"] {
            object[name] = given[name] ?? .null
        }
        return .object(object)
    }

    static func shipping(_ value: JSONValue?, ofPayment: Bool = false) -> JSONValue {
        guard case .object(let given) = value else { return .null }
        var object: JSONObject = ["address": json(given["address"])]
        if ofPayment { object["carrier"] = given["carrier"] ?? .null }
        object["name"] = given["name"]
        object["phone"] = given["phone"] ?? .null
        if ofPayment { object["tracking_number"] = given["tracking_number"] ?? .null }
        return .object(object)
    }

    static func billing(_ value: JSONValue?) -> JSONObject {
        var object: JSONObject = ["address": json(value?["address"] ?? .object([:]))]
        for name in ["email", "name", "phone", "tax_id"] { object[name] = value?[name] ?? .null }
        return object
    }
}
