/// What a driver must know of a statement's text before it runs it.
public struct StatementText: Sendable, Equatable {
    /// The first word, upper case: `SELECT`, `INSERT`, `WITH`.
    public let firstWord: String
    /// Whether it begins or ends a transaction, which only the driver may do; savepoints are allowed.
    public let controlsTransaction: Bool

    /// Reads as far as the second word; comments and spaces before are skipped.
    public init(_ text: String) {
        var bytes = text.utf8[...]
        firstWord = Self.word(&bytes)
        switch firstWord {
        case "BEGIN", "START", "COMMIT", "END", "ABORT", "PREPARE": controlsTransaction = true
        case "ROLLBACK":
            var second = Self.word(&bytes)
            if second == "TRANSACTION" || second == "WORK" { second = Self.word(&bytes) }
            controlsTransaction = second != "TO"
        default: controlsTransaction = false
        }
    }

    /// Whether nothing but blanks, comments and semicolons is there.
    public static func isBlank(_ bytes: some Sequence<UInt8>) -> Bool {
        let text = String(decoding: Array(bytes), as: UTF8.self)
        var rest = text.utf8[...]
        skipBlanks(&rest)
        return rest.isEmpty
    }

    private static func word(_ bytes: inout Substring.UTF8View) -> String {
        skipBlanks(&bytes)
        let word = bytes.prefix { (0x41...0x5A).contains($0 & 0xDF) }
        bytes = bytes.dropFirst(word.count)
        return String(decoding: word.map { $0 & 0xDF }, as: UTF8.self)
    }

    private static func skipBlanks(_ bytes: inout Substring.UTF8View) {
        while let first = bytes.first {
            if first == 0x20 || (0x09...0x0D).contains(first) || first == UInt8(ascii: ";") {
                bytes = bytes.dropFirst()
            } else if bytes.starts(with: "--".utf8) {
                bytes = bytes.drop { $0 != UInt8(ascii: "\n") }
            } else if bytes.starts(with: "/*".utf8) {
                bytes = bytes.dropFirst(2)
                while !bytes.isEmpty, !bytes.starts(with: "*/".utf8) { bytes = bytes.dropFirst() }
                bytes = bytes.dropFirst(2)
            } else {
                return
            }
        }
    }
}
