public import JSON

/// Judges JSON by the JSON Schema of an OpenAPI 3.1 document; a keyword that it does not know is a fault too.
public struct SchemaChecker: Sendable {
    private let components: JSONValue

    /// Judges by the components of a document.
    public init(document: JSONValue) { components = document["components"]?["schemas"] ?? .null }

    /// What is wrong, each with its place; empty when nothing is.
    public func faults(in value: JSONValue, by schema: JSONValue, at path: String = "$") -> [String] {
        guard let rules = schema.object else { return ["\(path): no schema"] }
        return rules.members.flatMap { name, rule in faults(in: value, rule: name, rule, schema, at: path) }
    }

    private func faults(
        in value: JSONValue, rule name: String, _ rule: JSONValue, _ schema: JSONValue, at path: String
    ) -> [String] {
        func unless(_ holds: Bool, _ what: String) -> [String] { holds ? [] : ["\(path): \(what)"] }
        switch name {
        case "description", "additionalProperties", "required": return object(value, name, rule, schema, at: path)
        case "$ref":
            let target = (rule.string ?? "").split(separator: "/").last.map { String($0) } ?? ""
            guard let found = components[target] else { return ["\(path): \(target) is not among the components"] }
            return faults(in: value, by: found, at: path)
        case "anyOf":
            let choices = rule.array ?? []
            return unless(choices.contains { faults(in: value, by: $0, at: path).isEmpty }, "fits none of the choices")
        case "type": return unless(Self.has(value, type: rule.string ?? ""), "is not of type \(rule.text())")
        case "enum": return unless(rule.array?.contains(value) == true, "is none of the words")
        case "minimum": return unless(value.int.map { $0 >= rule.int ?? .max } ?? true, "is too small")
        case "maximum": return unless(value.int.map { $0 <= rule.int ?? .min } ?? true, "is too large")
        case "minLength": return unless(Self.length(value) >= rule.int ?? .max, "is too short")
        case "maxLength": return unless(Self.length(value) <= rule.int ?? .min, "is too long")
        case "pattern":
            guard let pattern = try? Regex(rule.string ?? "(") else { return ["\(path): \(rule.text()) is no pattern"] }
            let match = value.string?.firstMatch(of: pattern.matchingSemantics(.unicodeScalar))
            return unless(match != nil, "does not fit \(rule.text())")
        case "format": return unless(Self.has(value, format: rule.string ?? ""), "is no \(rule.text())")
        case "items":
            return (value.array ?? []).enumerated().flatMap { index, element in
                faults(in: element, by: rule, at: "\(path)[\(index)]")
            }
        case "minItems": return unless(Int64(value.array?.count ?? 0) >= rule.int ?? .max, "has too few elements")
        case "maxItems": return unless(Int64(value.array?.count ?? 0) <= rule.int ?? .min, "has too many elements")
        case "properties":
            return (rule.object?.members ?? []).flatMap { name, inner in
                value[name].map { faults(in: $0, by: inner, at: "\(path).\(name)") } ?? []
            }
        default: return ["\(path): the keyword \(name) is not understood"]
        }
    }

    private func object(
        _ value: JSONValue, _ name: String, _ rule: JSONValue, _ schema: JSONValue, at path: String
    ) -> [String] {
        switch name {
        case "required":
            return (rule.array ?? []).compactMap(\.string).filter { value[$0] == nil }.map {
                "\(path).\($0) is missing"
            }
        case "additionalProperties":
            let others = (value.object?.members ?? []).filter { schema["properties"]?[$0.name] == nil }
            if rule == false { return others.map { "\(path).\($0.name) is not in the document" } }
            return others.flatMap { faults(in: $0.value, by: rule, at: "\(path).\($0.name)") }
        default: return []
        }
    }

    private static func has(_ value: JSONValue, type: String) -> Bool {
        switch type {
        case "object": value.object != nil
        case "array": value.array != nil
        case "string": value.string != nil
        case "integer": value.int != nil
        case "boolean": value.bool != nil
        case "null": value.isNull
        default: false
        }
    }

    private static func length(_ value: JSONValue) -> Int64 { Int64(value.string?.unicodeScalars.count ?? 0) }

    private static func has(_ value: JSONValue, format: String) -> Bool {
        let text = Array((value.string ?? "").utf8)
        switch format {
        case "int64": return value.int != nil
        case "uuid":
            let dashes = text.indices.filter { text[$0] == UInt8(ascii: "-") }
            return text.count == 36 && dashes == [8, 13, 18, 23]
        case "date-time": return text.count == 24 && text[10] == UInt8(ascii: "T") && text.last == UInt8(ascii: "Z")
        case "email": return text.contains(UInt8(ascii: "@"))
        default: return false
        }
    }
}
