import JSON

/// Stripe's search language: clauses such as `metadata['order_id']:'7'`, joined by `AND` or by `OR`.
struct SearchQuery: Sendable {
    private enum Comparison: String {
        case equals = ":", contains = "~", above = ">", below = "<", atLeast = ">=", atMost = "<="
    }

    private struct Clause {
        let isNegated: Bool
        let path: [String]
        let comparison: Comparison
        let value: String
    }

    static let clausesMax = 10

    private let clauses: [Clause]
    private let joinsByOr: Bool

    /// Reads a query. Throws a 400 for what is no query.
    init(_ text: String) throws(StripeError) {
        var reader = Reader(rest: text[...])
        var clauses: [Clause] = []
        var joiners: Set<String> = []
        while true {
            guard let clause = reader.clause(), clauses.count < Self.clausesMax else { throw Self.refusal(text) }
            clauses.append(clause)
            guard let joiner = reader.joiner() else { break }
            joiners.insert(joiner)
        }
        guard reader.isAtEnd, joiners.count <= 1 else { throw Self.refusal(text) }
        self.clauses = clauses
        joinsByOr = joiners == ["or"]
    }

    private static func refusal(_ text: String) -> StripeError {
        .invalidRequest("We were unable to parse your search query: \(text)", param: "query")
    }

    /// Whether an object is found.
    func matches(_ object: JSONObject) -> Bool {
        joinsByOr ? clauses.contains { Self.holds($0, object) } : clauses.allSatisfy { Self.holds($0, object) }
    }

    private static func holds(_ clause: Clause, _ object: JSONObject) -> Bool {
        var value: JSONValue? = .object(object)
        for name in clause.path { value = value?[name] }
        return compares(value ?? .null, clause) != clause.isNegated
    }

    private static func compares(_ value: JSONValue, _ clause: Clause) -> Bool {
        if clause.value == "null", clause.comparison == .equals { return value.isNull }
        if let number = value.int {
            guard let wanted = Int64(clause.value) else { return false }
            switch clause.comparison {
            case .equals: return number == wanted
            case .above: return number > wanted
            case .below: return number < wanted
            case .atLeast: return number >= wanted
            case .atMost: return number <= wanted
            case .contains: return false
            }
        }
        guard let text = value.string ?? value.bool.map({ $0 ? "true" : "false" }) else { return false }
        // Stripe's search does not look at case.
        let (have, want) = (text.lowercased(), clause.value.lowercased())
        return clause.comparison == .contains ? have.contains(want) : clause.comparison == .equals && have == want
    }

    private struct Reader {
        var rest: Substring

        var isAtEnd: Bool { rest.allSatisfy(\.isWhitespace) }

        mutating func skipSpaces() { rest = rest.drop(while: \.isWhitespace) }

        mutating func clause() -> Clause? {
            skipSpaces()
            let isNegated = rest.first == "-"
            if isNegated { rest.removeFirst() }
            let field = rest.prefix { $0.isLetter || $0 == "_" || $0 == "." || $0.isNumber }
            guard !field.isEmpty else { return nil }
            rest = rest.dropFirst(field.count)
            var path = field.split(separator: ".").map(String.init)
            if rest.first == "[" {
                rest.removeFirst()
                guard let key = quoted(), rest.first == "]" else { return nil }
                rest.removeFirst()
                path.append(key)
            }
            let sign = rest.prefix { ":~<>=".contains($0) }
            guard let comparison = Comparison(rawValue: String(sign)) else { return nil }
            rest = rest.dropFirst(sign.count)
            guard let value = quoted() ?? word() else { return nil }
            return Clause(isNegated: isNegated, path: path, comparison: comparison, value: value)
        }

        mutating func joiner() -> String? {
            skipSpaces()
            let word = rest.prefix { $0.isLetter }.lowercased()
            guard word == "and" || word == "or" else { return nil }
            rest = rest.dropFirst(word.count)
            return word
        }

        private mutating func quoted() -> String? {
            guard let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
            var text = ""
            var remaining = rest.dropFirst()
            while let character = remaining.popFirst() {
                if character == "\\", let next = remaining.popFirst() {
                    text.append(next)
                } else if character == quote {
                    rest = remaining
                    return text
                } else {
                    text.append(character)
                }
            }
            return nil
        }

        private mutating func word() -> String? {
            let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : String(word)
        }
    }
}

extension SandboxState {
    /// A page of what a query finds, newest first. Unlike Stripe's, the index is never behind.
    func search<Element: StripeObject>(
        _ table: ObjectTable<Element>, _ call: Call, where keep: (Element) -> Bool = { _ in true }
    ) throws(StripeError) -> JSONValue {
        let limit = try Self.limit(call)
        let query = try SearchQuery(call.parameters.string("query") ?? "")
        var start = 0
        if let page = call.parameters.string("page") {
            guard page.hasPrefix("page_"), let number = Int(page.dropFirst(5)), number >= 0 else {
                throw .invalidRequest("Invalid page: \(page)", param: "page")
            }
            start = number
        }
        var found: [JSONObject] = []
        for element in table.newestFirst where keep(element) {
            let json = element.json
            if query.matches(json) { found.append(json) }
            if found.count > start + limit { break }
        }
        let hasMore = found.count > start + limit
        return [
            "object": "search_result",
            "data": .array(found.dropFirst(start).prefix(limit).map { .object($0) }), "has_more": .bool(hasMore),
            "next_page": hasMore ? .string("page_\(start + limit)") : .null, "url": .string(call.path),
        ]
    }
}
