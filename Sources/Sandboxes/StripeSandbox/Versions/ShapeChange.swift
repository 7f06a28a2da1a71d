import JSON

/// A field that a version of the API brought or took away.
///
/// Objects are kept in the newest shape; an older shape is the newest with these changes undone.
struct ShapeChange: Sendable {
    enum Kind: Sendable {
        /// Versions before have no such field.
        case added
        /// Versions before have the field, with this value.
        case removed(JSONValue)
        /// Versions before have other words for its values, by the new word.
        case renamed([String: String])
    }

    let resource: String
    let path: [String]
    let version: APIVersion
    let kind: Kind

    private static func added(_ version: APIVersion, _ resource: String, _ paths: String) -> [ShapeChange] {
        paths.split(separator: " ").map {
            ShapeChange(
                resource: resource, path: $0.split(separator: ".").map(String.init), version: version, kind: .added)
        }
    }

    private static func removed(_ version: APIVersion, _ resource: String, _ path: String) -> [ShapeChange] {
        [ShapeChange(resource: resource, path: [path], version: version, kind: .removed(.null))]
    }

    private static func renamed(
        _ version: APIVersion, _ resource: String, _ path: String, _ words: [String: String]
    ) -> [ShapeChange] {
        [ShapeChange(resource: resource, path: [path], version: version, kind: .renamed(words))]
    }

    /// Source: the differences between the pinned versions of Stripe's own clients. A field that came between two of
    /// them is dated by the first version of the later name.
    static let all: [ShapeChange] =
        added(.acacia, "error", "advice_code network_advice_code network_decline_code request_log_url")
        + added(
            .acacia, "charge",
            "outcome.advice_code outcome.network_advice_code outcome.network_decline_code "
                + "payment_method_details.card.network_transaction_id payment_method_details.card.regulated_status")
        + added(
            .acacia, "dispute",
            "enhanced_eligibility_types evidence.enhanced_evidence evidence_details.enhanced_eligibility")
        + added(
            .acacia, "payment_intent",
            "last_payment_error.advice_code last_payment_error.network_advice_code "
                + "last_payment_error.network_decline_code")
        + added(.acacia, "payment_method", "card.regulated_status")
        + removed(.basil, "charge", "invoice")
        + removed(.basil, "payment_intent", "invoice")
        + added(.lateBasil, "balance_transaction", "balance_type")
        + added(.lateBasil, "charge", "billing_details.tax_id")
        + added(.lateBasil, "payment_intent", "excluded_payment_method_types")
        + added(.lateBasil, "payment_method", "billing_details.tax_id")
        + added(.lateBasil, "refund", "pending_reason")
        + added(.clover, "customer", "business_name individual_name")
        + added(.lateClover, "customer", "customer_account")
        + added(.lateClover, "payment_intent", "customer_account")
        + added(.lateClover, "payment_method", "customer_account")
        + added(.lateDahlia, "charge", "payment_method_details.card.transaction_link_id")
        + added(.lateDahlia, "dispute", "payment_method_details.card.network")
        + added(.lateDahlia, "payment_intent", "allowed_payment_method_types managed_payments")
        + added(.lateDahlia, "refund", "customer customer_account payment_method")
        + added(.acacia, "checkout.session", "adaptive_pricing collected_information discounts")
        + removed(.basil, "checkout.session", "shipping_details")
        + added(.basil, "checkout.session", "optional_items permissions presentment_details")
        + added(.lateBasil, "checkout.session", "automatic_tax.provider origin_context wallet_options")
        + added(
            .clover, "checkout.session",
            "branding_settings customer_details.business_name customer_details.individual_name "
                + "excluded_payment_method_types name_collection")
        + added(.lateClover, "checkout.session", "customer_account")
        + added(.lateClover, "item", "adjustable_quantity metadata")
        + added(.dahlia, "checkout.session", "integration_identifier")
        + renamed(
            .dahlia, "checkout.session", "ui_mode",
            ["hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"])
        + added(.lateDahlia, "checkout.session", "managed_payments")
        + added(.endive, "checkout.session", "allowed_payment_method_types")
        + added(.newest, "dispute", "evidence_details.submission_method intended_submission_method")

    static let byResource = Dictionary(grouping: all, by: \.resource)
    /// From here on nothing has changed.
    static let newest = all.map(\.version).max() ?? .newest
}

/// Renders objects in the shape of a version.
struct ShapeRenderer: Sendable {
    let version: APIVersion

    /// The value with every object in it, however deep, in the version's shape.
    func render(_ value: JSONValue) -> JSONValue {
        if version >= ShapeChange.newest { return value }
        switch value {
        case .array(let elements): return .array(elements.map(render))
        case .object(let object): return .object(render(object, as: object["object"]?.string))
        default: return value
        }
    }

    /// An object, or some of its fields, in the version's shape.
    func render(_ object: JSONObject, as resource: String?) -> JSONObject {
        if version >= ShapeChange.newest { return object }
        var rendered = JSONObject(
            object.members.map { name, value in
                if name == "error", let error = value.object { return (name, .object(render(error, as: "error"))) }
                return (name, render(value))
            })
        guard let resource else { return rendered }
        for change in ShapeChange.byResource[resource] ?? [] where version < change.version {
            switch change.kind {
            case .added: Self.set(nil, at: change.path[...], in: &rendered)
            case .renamed(let words):
                guard let name = change.path.first, let word = rendered[name]?.string else { continue }
                rendered[name] = .string(words[word] ?? word)
            case .removed(let value):
                // Only a whole object gets the field back: what changed in it never had one.
                if rendered["object"] != nil { Self.set(value, at: change.path[...], in: &rendered) }
            }
        }
        return rendered
    }

    private static func set(_ value: JSONValue?, at path: ArraySlice<String>, in object: inout JSONObject) {
        guard let name = path.first else { return }
        if path.count == 1 {
            object[name] = value
        } else if case .object(var inner) = object[name] {
            set(value, at: path.dropFirst(), in: &inner)
            object[name] = .object(inner)
        }
    }
}
