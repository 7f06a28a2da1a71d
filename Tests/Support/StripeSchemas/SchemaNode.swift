import JSON

/// One schema of the description, read once.
final class SchemaNode: Sendable {
    let type: String?
    let reference: String?
    let isNullable: Bool
    /// The values it may have; nil for any, as also where more may come.
    let values: Set<JSONValue>?
    let properties: [String: SchemaNode]
    let required: [String]
    let items: SchemaNode?
    let choices: [SchemaNode]
    let additional: SchemaNode?
    let allowsAnyMember: Bool
    let expandsTo: String?
    /// An object that the description leaves out: anything goes.
    let isForeign: Bool
    let isList: Bool

    init(_ schema: JSONValue) {
        type = schema["type"]?.string
        reference = schema["$ref"]?.string.map { String($0.split(separator: "/").last ?? "") }
        isNullable = schema["nullable"]?.bool ?? false
        let isOpen = schema["x-open-enum"]?.bool ?? false
        values = isOpen ? nil : schema["enum"]?.array.map(Set.init)
        var properties: [String: SchemaNode] = [:]
        for (name, member) in schema["properties"]?.object?.members ?? [] { properties[name] = SchemaNode(member) }
        self.properties = properties
        required = (schema["required"]?.array ?? []).compactMap(\.string)
        items = schema["items"].map { SchemaNode($0) }
        choices = (schema["anyOf"]?.array ?? []).map { SchemaNode($0) }
        let more = schema["additionalProperties"]
        additional = more?.object.map { SchemaNode(.object($0)) }
        allowsAnyMember = more == true
        expandsTo = schema["x-expands-to"]?.string
        isForeign = schema["x-not-included"] != nil
        isList = schema["x-list-of"]?.bool ?? false
    }
}

/// Judges a value by a schema and collects what is wrong.
struct SchemaCheck {
    let schemas: StripeSchemas
    let partial: Bool
    var faults: [String] = []

    init(schemas: StripeSchemas, partial: Bool) {
        self.schemas = schemas
        self.partial = partial
    }

    mutating func check(_ value: JSONValue, _ node: SchemaNode, at path: String) {
        if value.isNull {
            if schemas.knowsNull && !node.isNullable && !node.isForeign { fault(path, "may not be null") }
            return
        }
        if let reference = node.reference {
            guard let target = schemas.component(reference) else { return fault(path, "refers to \(reference)") }
            return check(value, target, at: path)
        }
        if !node.choices.isEmpty { return checkChoices(value, node, at: path) }
        if let target = node.expandsTo, value.object != nil { return checkExpanded(value, target, at: path) }
        if let values = node.values, !values.contains(value) { fault(path, "may not be \(value.text())") }
        switch node.type {
        case "string": if value.string == nil { fault(path, "must be text") }
        case "integer": if value.int == nil { fault(path, "must be a whole number") }
        case "boolean": if value.bool == nil { fault(path, "must be true or false") }
        case "array":
            guard let elements = value.array else { return fault(path, "must be a list") }
            guard let items = node.items else { return }
            for (index, element) in elements.enumerated() { check(element, items, at: "\(path)[\(index)]") }
        case "object": checkObject(value, node, at: path)
        default: break
        }
    }

    private mutating func checkObject(_ value: JSONValue, _ node: SchemaNode, at path: String) {
        guard let object = value.object else { return fault(path, "must be an object") }
        if node.isForeign { return }
        if node.isList {
            for name in ["object", "data", "has_more", "url"] where object[name] == nil {
                fault("\(path).\(name)", "is missing from the list")
            }
        }
        for (name, member) in object.members {
            let inner = "\(path).\(name)"
            if let schema = node.properties[name] {
                check(member, schema, at: inner)
            } else if let additional = node.additional {
                if additional.type != nil || additional.reference != nil { check(member, additional, at: inner) }
            } else if !node.allowsAnyMember {
                fault(inner, "is unknown")
            }
        }
        if partial { return }
        for name in node.required where object[name] == nil { fault("\(path).\(name)", "is missing") }
    }

    /// An expanded reference is the object, or the stub of a deleted one.
    private mutating func checkExpanded(_ value: JSONValue, _ resource: String, at path: String) {
        let name = value["deleted"] == true ? "deleted_\(resource)" : resource
        guard let node = schemas.component(name) else { return }
        check(value, node, at: path)
    }

    private mutating func checkChoices(_ value: JSONValue, _ node: SchemaNode, at path: String) {
        var fewest: [String]?
        for choice in node.choices {
            var attempt = SchemaCheck(schemas: schemas, partial: partial)
            attempt.check(value, choice, at: path)
            if attempt.faults.isEmpty { return }
            if attempt.faults.count < fewest?.count ?? .max { fewest = attempt.faults }
        }
        faults += fewest ?? []
    }

    private mutating func fault(_ path: String, _ what: String) { faults.append("\(path) \(what)") }
}
