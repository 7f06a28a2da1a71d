public import JSON
private import Synchronization

#if canImport(Glibc)
    private import Glibc
#endif

/// Stripe's own description of one version of its API, to judge answers and parameters by.
public final class StripeSchemas: Sendable {
    /// The version's name.
    public let version: String
    /// Whether the description says which fields may be null; the older one does not.
    let knowsNull: Bool
    private let components: [String: SchemaNode]
    private let paths: [String: JSONObject]

    /// The newest version there is a description of.
    public static let newest = StripeSchemas(version: "2026-10-28.endive", knowsNull: true)
    /// A version before basil.
    public static let old = StripeSchemas(version: "2024-06-20", knowsNull: false)

    private init(version: String, knowsNull: Bool) {
        self.version = version
        self.knowsNull = knowsNull
        let document = Self.load("api.\(version).json")
        var nodes: [String: SchemaNode] = [:]
        for (name, schema) in document["components"]?["schemas"]?.object?.members ?? [] {
            nodes[name] = SchemaNode(schema)
        }
        components = nodes
        var paths: [String: JSONObject] = [:]
        for (path, operations) in document["paths"]?.object?.members ?? [] { paths[path] = operations.object }
        self.paths = paths
        precondition(!nodes.isEmpty && !paths.isEmpty, "the description of \(version) cannot be read")
    }

    /// The file stands beside this one; a test runs where its sources are.
    private static func load(_ name: String) -> JSONValue {
        let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
        guard let file = fopen("/\(folder)/Resources/\(name)", "r") else { return .null }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        do throws(JSONError) { return try JSONValue(parsing: bytes) } catch { return .null }
    }

    /// Whether this description covers objects of a kind.
    public func knows(_ resource: String) -> Bool { components[resource] != nil }

    /// What is wrong with an object of a kind, each with its JSON path; empty when nothing is.
    ///
    /// `partial` does not ask for required fields, as for what a publishable key sees and for previous attributes.
    public func faults(in value: JSONValue, of resource: String, partial: Bool = false) -> [String] {
        guard let node = components[resource] else { return ["$: there is no \(resource) in \(version)"] }
        var check = SchemaCheck(schemas: self, partial: partial)
        check.check(value, node, at: "$")
        return check.faults
    }

    func component(_ name: String) -> SchemaNode? { components[name] }

    /// The paths with their methods.
    public var operations: [(method: String, path: String)] {
        paths.flatMap { path, operations in operations.names.map { ($0.uppercased(), path) } }
    }

    /// Every parameter of an operation by its dotted path (`shipping.address.city`, `items[].price`), with what the
    /// description says of it; nil when it has no such operation.
    public func parameters(_ method: String, _ path: String) -> [String: StripeParameter]? {
        guard let operation = paths[path]?[method.lowercased()] else { return nil }
        var found: [String: StripeParameter] = [:]
        for parameter in operation["parameters"]?.array ?? [] where parameter["in"] == "query" {
            guard let name = parameter["name"]?.string, let schema = parameter["schema"] else { continue }
            StripeParameter.collect(schema, name, isRequired: parameter["required"]?.bool ?? false, into: &found)
        }
        let form = operation["requestBody"]?["content"]?["application/x-www-form-urlencoded"]?["schema"]
        if let form { StripeParameter.collect(members: form, at: "", into: &found) }
        return found
    }
}

/// What Stripe's description says of a parameter.
public struct StripeParameter: Sendable {
    /// Whether a request must have it.
    public let isRequired: Bool
    /// Whether an empty text unsets it.
    public let isEmptyable: Bool
    /// Its words, when it is one of some.
    public let words: [String]
    /// `string`, `integer`, `boolean`, `array`, `object`, or empty where several are possible.
    public let type: String

    static func collect(
        _ schema: JSONValue, _ path: String, isRequired: Bool, into found: inout [String: StripeParameter]
    ) {
        let isNullable = schema["nullable"]?.bool ?? false
        found[path] = StripeParameter(
            // Null cannot be sent: a required member that may be null is one that may be left out or emptied.
            isRequired: isRequired && !isNullable,
            isEmptyable: isNullable || schema["x-emptyable"]?.bool ?? false,
            words: (schema["enum"]?.array ?? []).compactMap(\.string), type: schema["type"]?.string ?? "")
        collect(members: schema, at: path, into: &found)
        for choice in schema["anyOf"]?.array ?? [] { collect(members: choice, at: path, into: &found) }
        if let element = schema["items"] { collect(members: element, at: path + "[]", into: &found) }
    }

    static func collect(members schema: JSONValue, at path: String, into found: inout [String: StripeParameter]) {
        let required = (schema["required"]?.array ?? []).compactMap(\.string)
        for (name, member) in schema["properties"]?.object?.members ?? [] {
            collect(member, path.isEmpty ? name : "\(path).\(name)", isRequired: required.contains(name), into: &found)
        }
    }
}
