import JSON

/// Checks a form against a table of parameters and gives its parts their types.
struct ParameterCheck {
    let version: APIVersion

    /// The checked parameters. Throws the first fault: unknown ones first, then each in the table's order.
    func check(_ form: FormNode, against table: [Parameter]) throws(StripeError) -> Parameters {
        guard case .branch(let entries) = form else { return Parameters() }
        return Parameters(try hash(entries, table, at: ""))
    }

    private func hash(_ entries: [FormEntry], _ table: [Parameter], at path: String) throws(StripeError) -> JSONObject {
        let unknown = entries.filter { entry in !table.contains { $0.name == entry.key } }
        if let first = unknown.first { throw .unknownParameter(Self.join(path, first.key)) }
        var values: JSONObject = [:]
        for parameter in table {
            let name = Self.join(path, parameter.name)
            guard let node = entries.first(where: { $0.key == parameter.name })?.node else {
                if parameter.isRequired { throw .missingParameter(name) }
                continue
            }
            if let removal = parameter.removal, version >= removal.version {
                throw .invalidRequest(removal.message, code: removal.code, param: name)
            }
            if parameter.isUnsimulated { throw .unsimulated(name) }
            if case .text("") = node {
                if parameter.isRequired && !parameter.isEmptyable { throw .emptyParameter(name) }
                guard parameter.isEmptyable else { throw .emptyParameter(name) }
                values[parameter.name] = .null
                continue
            }
            let value = try self.value(node, parameter.kind, at: name)
            if parameter.isRequired, let text = value.string, text.allSatisfy(\.isWhitespace) {
                throw .invalidRequest(
                    "The value for \(name) is blank.", code: "parameter_invalid_string_blank", param: name)
            }
            values[parameter.name] = value
        }
        return values
    }

    private func value(_ node: FormNode, _ kind: Parameter.Kind, at name: String) throws(StripeError) -> JSONValue {
        switch kind {
        case .text(let max):
            let text = try self.text(node, at: name, wanted: "string")
            guard text.count <= max else {
                throw .invalidRequest(
                    "Invalid string: \(name) must be at most \(max) characters, but is \(text.count).", param: name)
            }
            return .string(text)
        case .integer:
            let text = try self.text(node, at: name, wanted: "integer")
            guard let number = Self.integer(text) else {
                throw .invalidRequest("Invalid integer: \(text)", code: "parameter_invalid_integer", param: name)
            }
            return .int(number)
        case .boolean:
            let text = try self.text(node, at: name, wanted: "boolean")
            guard text == "true" || text == "false" else {
                throw .invalidRequest("Invalid boolean: \(text)", param: name)
            }
            return .bool(text == "true")
        case .word(let words):
            let text = try self.text(node, at: name, wanted: "string")
            guard words.contains(text) else {
                throw .invalidRequest("Invalid \(name): must be one of \(Self.enumeration(words))", param: name)
            }
            return .string(text)
        case .list(let element): return .array(try list(node, of: element, at: name))
        case .hash(let table):
            guard case .branch(let entries) = node else { throw .invalidRequest("Invalid hash", param: name) }
            return .object(try hash(entries, table, at: name))
        case .metadata: return .object(try metadata(node, at: name))
        case .either(let kinds): return try either(node, kinds, at: name)
        }
    }

    private func text(_ node: FormNode, at name: String, wanted: String) throws(StripeError) -> String {
        guard case .text(let text) = node else { throw .invalidRequest("Invalid \(wanted): {...}", param: name) }
        return text
    }

    private func list(_ node: FormNode, of kind: Parameter.Kind, at name: String) throws(StripeError) -> [JSONValue] {
        guard case .branch(let entries) = node else { throw .invalidRequest("Invalid array", param: name) }
        let indexed = entries.map { (index: Self.index($0.key), entry: $0) }
        guard indexed.allSatisfy({ $0.index != nil }) else { throw .invalidRequest("Invalid array", param: name) }
        var values: [JSONValue] = []
        for (_, entry) in indexed.sorted(by: { ($0.index ?? 0) < ($1.index ?? 0) }) {
            let place = Self.join(name, entry.key)
            if case .text("") = entry.node { throw .emptyParameter(place) }
            values.append(try value(entry.node, kind, at: place))
        }
        return values
    }

    /// Keys keep their names, also when they look like indices; an empty value removes its key.
    private func metadata(_ node: FormNode, at name: String) throws(StripeError) -> JSONObject {
        guard case .branch(let entries) = node else { throw .invalidRequest("Invalid hash", param: name) }
        guard entries.count <= Metadata.keysMax else {
            throw .invalidRequest("Metadata can have at most \(Metadata.keysMax) keys.", param: name)
        }
        var values: JSONObject = [:]
        for entry in entries {
            let place = Self.join(name, entry.key)
            let text = try self.text(entry.node, at: place, wanted: "string")
            guard !entry.key.isEmpty, entry.key.count <= Metadata.keyLengthMax else {
                throw .invalidRequest(
                    "Metadata keys can be at most \(Metadata.keyLengthMax) characters long.", param: name)
            }
            guard text.count <= Metadata.valueLengthMax else {
                throw .invalidRequest(
                    "Metadata values can have up to \(Metadata.valueLengthMax) characters, but you passed in a value "
                        + "that is \(text.count) characters.", param: place)
            }
            values[entry.key] = text.isEmpty ? .null : .string(text)
        }
        return values
    }

    private func either(
        _ node: FormNode, _ kinds: [Parameter.Kind], at name: String
    ) throws(StripeError) -> JSONValue {
        var fault: StripeError?
        for kind in kinds {
            do throws(StripeError) { return try value(node, kind, at: name) } catch {
                // A branch can only mean the hash among the kinds, so the hash's own fault is the one to tell.
                if case .branch = node, case .hash = kind { throw error }
                fault = error
            }
        }
        throw fault ?? .invalidRequest("Invalid \(name)", param: name)
    }

    private static func integer(_ text: String) -> Int64? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }

    private static func index(_ key: String) -> Int64? { key.hasPrefix("-") ? nil : integer(key) }

    /// `a` and `b` are `a[b]`.
    static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path)[\(name)]" }

    private static func enumeration(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + ", or " + last
    }
}

/// Own facts of whoever made an object.
enum Metadata {
    static let keysMax = 50
    static let keyLengthMax = 40
    static let valueLengthMax = 500

    /// What an update leaves: keys merge, an emptied key goes, an emptied whole clears. Throws above 50 keys.
    static func merged(_ old: JSONObject, _ update: JSONValue?) throws(StripeError) -> JSONObject {
        guard let update else { return old }
        guard case .object(let changes) = update else { return [:] }
        var merged = old
        for (name, value) in changes.members { merged[name] = value.isNull ? Optional.none : value }
        guard merged.count <= keysMax else {
            throw .invalidRequest("Metadata can have at most \(keysMax) keys.", param: "metadata")
        }
        return merged
    }
}
