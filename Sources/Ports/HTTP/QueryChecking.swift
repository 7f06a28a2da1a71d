internal import JSON

extension Route {
    /// The most faults of a query that are listed.
    private static var faultsMax: Int { 20 }

    /// Throws a 400 problem for a query that is not well-formed, and on listed routes for parameters that are unknown,
    /// given twice or not as declared.
    func check(query: String) throws(Problem) {
        guard !query.isEmpty else { return }
        guard query.utf8.count <= 8192, let pairs = PercentCoding.pairs(query) else {
            let detail = "is not well-formed, or too long"
            throw Problem(
                status: 400, code: "invalid_input", detail: "The request is not valid: the query \(detail).",
                fields: [FieldError(field: "", code: "malformed", detail: detail)])
        }
        guard listed else { return }
        var faults: [FieldError] = []
        var seen: Set<String> = []
        for (name, value) in pairs where faults.count < Self.faultsMax {
            guard let parameter = queries.first(where: { $0.name == name }) else {
                // The name is the sender's own text: shown only when it is a plain word.
                let plain = name.utf8.count <= 64 && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
                let shown = plain && !name.isEmpty ? name : "?"
                faults.append(FieldError(field: shown, code: "unknown", detail: "is not a parameter of this request"))
                continue
            }
            if !seen.insert(name).inserted {
                faults.append(FieldError(field: name, code: "not_allowed", detail: "may be given once"))
            }
            faults += parameter.schema.faults(in: parameter.schema.value(ofQuery: value)).map {
                FieldError(field: name, code: $0.code, detail: $0.detail)
            }
        }
        if !faults.isEmpty { throw Problem.invalidInput(faults) }
    }
}

extension Schema {
    /// What a query's text means where this is expected; text that means nothing of the kind stays text.
    fileprivate func value(ofQuery text: String) -> JSONValue {
        switch self {
        case .named(_, let schema), .described(let schema, _), .nullable(let schema): return schema.value(ofQuery: text)
        case .integer:
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .string(text) }
            return Int64(text).map { .int($0) } ?? .string(text)
        case .boolean:
            switch text {
            case "true": return .bool(true)
            case "false": return .bool(false)
            default: return .string(text)
            }
        default: return .string(text)
        }
    }
}
