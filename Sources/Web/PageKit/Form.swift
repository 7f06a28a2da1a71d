public import HTTP

/// The fields of a form that was sent.
public struct Form: Sendable {
    private let fields: [(name: String, value: String)]

    /// Reads a POST's body; of anything else, and of what is not well-formed, there are no fields.
    public init(_ request: HTTPRequest) {
        let text = String(validating: request.body, as: UTF8.self)
        fields = request.head.method == "POST" ? text.flatMap { PercentCoding.pairs($0) } ?? [] : []
    }

    /// A field; nil when it is absent, or there more than once.
    public subscript(_ name: String) -> String? {
        let found = fields.filter { $0.name == name }
        return found.count == 1 ? found[0].value : nil
    }

    /// A field without the spaces around it; nil when nothing is left.
    public func text(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        let trimmed = value.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        return trimmed.isEmpty ? nil : String(trimmed)
    }

    /// A field of several lines, their ends as the API wants them.
    public func lines(_ name: String) -> String? { text(name)?.replacing("\r\n", with: "\n") }
}
