extension Schema {
    /// The schema in OpenAPI 3.1's words. Named parts are put into `components` once and referred to.
    public func document(components: inout JSONObject) -> JSONValue {
        switch self {
        case .any: return [:]
        case .boolean: return ["type": "boolean"]
        case .oneOf(let words): return ["type": "string", "enum": .array(words.map { .string($0) })]
        case .integer(let range):
            var object: JSONObject = ["type": "integer", "format": "int64"]
            if range.lowerBound != .min { object["minimum"] = .int(range.lowerBound) }
            if range.upperBound != .max { object["maximum"] = .int(range.upperBound) }
            return .object(object)
        case .string(let length, let multiline, let format):
            var object: JSONObject = ["type": "string"]
            if length.lowerBound > 0 { object["minLength"] = .int(Int64(length.lowerBound)) }
            object["maxLength"] = .int(Int64(length.upperBound))
            if let format { object["format"] = .string(format.rawValue) }
            // The shapes of the others leave no room for control characters.
            if format == nil || format == .password {
                object["pattern"] = multiline ? "^[^\\x00-\\x09\\x0b-\\x1f\\x7f]*$" : "^[^\\x00-\\x1f\\x7f]*$"
            }
            return .object(object)
        case .word(let length, let others):
            // A hyphen stands last, where it is no range.
            let signs = others.filter { $0 != "-" } + (others.contains("-") ? "-" : "")
            return [
                "type": "string", "minLength": .int(Int64(length.lowerBound)),
                "maxLength": .int(Int64(length.upperBound)), "pattern": .string("^[0-9A-Za-z\(signs)]*$"),
            ]
        case .array(let element, let count):
            return [
                "type": "array", "items": element.document(components: &components),
                "minItems": .int(Int64(count.lowerBound)), "maxItems": .int(Int64(count.upperBound)),
            ]
        case .dictionary(let schema):
            return ["type": "object", "additionalProperties": schema.document(components: &components)]
        case .object(let properties):
            var members = JSONObject()
            for property in properties { members[property.name] = property.schema.document(components: &components) }
            let required = properties.filter(\.required).map { JSONValue.string($0.name) }
            var object: JSONObject = ["type": "object", "properties": .object(members)]
            if !required.isEmpty { object["required"] = .array(required) }
            object["additionalProperties"] = false
            return .object(object)
        case .nullable(let schema):
            let inner = schema.document(components: &components)
            return ["anyOf": [inner, ["type": "null"]]]
        case .either(let schemas): return ["anyOf": .array(schemas.map { $0.document(components: &components) })]
        case .named(let name, let schema):
            if components[name] == nil {
                components[name] = [:]
                components[name] = schema.document(components: &components)
            }
            return ["$ref": .string("#/components/schemas/\(name)")]
        case .described(let schema, let text):
            guard case .object(var object) = schema.document(components: &components) else { return [:] }
            object["description"] = .string(text)
            return .object(object)
        }
    }
}
