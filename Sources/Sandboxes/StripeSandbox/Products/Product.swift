import JSON

/// Something that is sold; what it costs is said by its prices.
struct Product: StripeObject {
    static let objectName = "product"

    let id: String
    let created: Int64
    var updated: Int64
    var name: String
    var isActive = true
    var description: String?
    var defaultPrice: String?
    var images: [String] = []
    var marketingFeatures: JSONValue = []
    var metadata: JSONObject = [:]
    var isShippable: Bool?
    var statementDescriptor: String?
    var unitLabel: String?
    var url: String?
    var type = "service"

    var json: JSONObject {
        [
            "id": .string(id), "object": "product", "active": .bool(isActive), "created": .int(created),
            "default_price": JSONValue(defaultPrice), "description": JSONValue(description),
            "images": .array(images.map { .string($0) }), "livemode": false,
            "marketing_features": marketingFeatures, "metadata": .object(metadata), "name": .string(name),
            "package_dimensions": .null, "shippable": isShippable.map { .bool($0) } ?? .null,
            "statement_descriptor": JSONValue(statementDescriptor), "tax_code": .null, "type": .string(type),
            "unit_label": JSONValue(unitLabel), "updated": .int(updated), "url": JSONValue(url),
        ]
    }

    /// Takes over what a request says. Throws for metadata beyond its limits and for too many images or features.
    mutating func take(_ parameters: Parameters) throws(StripeError) {
        metadata = try Metadata.merged(metadata, parameters["metadata"])
        if let name = parameters.string("name") { self.name = name }
        if let active = parameters.bool("active") { isActive = active }
        if parameters.has("description") { description = parameters.string("description") }
        if let price = parameters.string("default_price") { defaultPrice = price }
        if parameters.has("images") { images = parameters.strings("images") ?? [] }
        if let features = parameters["marketing_features"] { marketingFeatures = features.isNull ? [] : features }
        if let shippable = parameters.bool("shippable") { isShippable = shippable }
        if let text = parameters.string("statement_descriptor") { statementDescriptor = text }
        if parameters.has("unit_label") { unitLabel = parameters.string("unit_label") }
        if parameters.has("url") { url = parameters.string("url") }
        if let type = parameters.string("type") { self.type = type }
        guard images.count <= 8 else { throw .invalidRequest("A product has at most 8 images.", param: "images") }
        guard marketingFeatures.array?.count ?? 0 <= 15 else {
            throw .invalidRequest("A product has at most 15 features.", param: "marketing_features")
        }
    }
}
