/// A statement of a migration, taken apart as far as needed to say it to SQLite.
struct MigrationText {
    /// A word, a text in quotes, a comment, blanks, or one other character.
    private struct Part {
        enum Kind { case word, quoted, comment, blank, other }
        let kind: Kind
        let text: Substring
    }

    private let statement: String
    private let parts: [Part]

    init(_ statement: String) {
        self.statement = statement
        var rest = statement[...]
        var parts: [Part] = []
        while !rest.isEmpty {
            let part = Self.next(rest)
            parts.append(part)
            rest = rest[part.text.endIndex...]
        }
        self.parts = parts
    }

    /// The statement as SQLite must hear it.
    var sqlite: String {
        let head = parts.filter { $0.kind == .word }.prefix(3).map { $0.text.uppercased() }
        if head.starts(with: ["ALTER", "TABLE"]) { return withTypes(parts[...]) }
        guard head.starts(with: ["CREATE", "TABLE"]) || head == ["CREATE", "TEMP", "TABLE"] else { return statement }
        var body = parts[...]
        while let last = body.last, last.kind == .blank || last.kind == .comment || last.text == ";" {
            body.removeLast()
        }
        let options = body.reversed().prefix { $0.text != ")" }.filter { $0.kind == .word }.map { $0.text.uppercased() }
        // `CREATE TABLE … AS SELECT` takes no options, and what is STRICT already stays as it is.
        guard body.contains(where: { $0.text == ")" }), !options.contains("STRICT"), !isSelection else {
            return withTypes(parts[...])
        }
        return withTypes(body) + (options.isEmpty ? " STRICT" : ", STRICT")
    }

    /// Whether the table's columns come from a query: `AS` stands before any bracket.
    private var isSelection: Bool {
        parts.prefix { $0.text != "(" }.contains { $0.kind == .word && $0.text.uppercased() == "AS" }
    }

    private func withTypes(_ parts: ArraySlice<Part>) -> String {
        parts.map { part in
            guard part.kind == .word else { return String(part.text) }
            switch part.text.uppercased() {
            case "BIGINT": return "INTEGER"
            case "BYTEA": return "BLOB"
            default: return String(part.text)
            }
        }.joined()
    }

    private static func next(_ text: Substring) -> Part {
        guard let first = text.first else { return Part(kind: .other, text: text) }
        if first.isWhitespace { return Part(kind: .blank, text: text.prefix { $0.isWhitespace }) }
        if first.isLetter || first == "_" {
            return Part(kind: .word, text: text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" })
        }
        // A digit's letters are no word of their own: 0xBYTEA.
        if first.isNumber { return Part(kind: .other, text: text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }) }
        if first == "'" || first == "\"" || first == "`" {
            // A doubled quote ends one part and begins the next, which reads the same.
            let end = text.dropFirst().firstIndex(of: first).map { text.index(after: $0) } ?? text.endIndex
            return Part(kind: .quoted, text: text[..<end])
        }
        if text.hasPrefix("--") { return Part(kind: .comment, text: text.prefix { !$0.isNewline }) }
        if text.hasPrefix("/*") {
            let end = text.firstRange(of: "*/")?.upperBound ?? text.endIndex
            return Part(kind: .comment, text: text[..<end])
        }
        return Part(kind: .other, text: text.prefix(1))
    }
}
