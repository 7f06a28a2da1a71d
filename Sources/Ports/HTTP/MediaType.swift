/// The `Content-Type` of a request (RFC 9110, 8.3.1).
struct MediaType: Equatable {
    /// Type and subtype in lower case: `application/json`.
    let name: String
    /// Every `charset` that it names, in lower case.
    let charsets: [String]

    /// Of the one field of that name; nil when there is none, several, or one that is not well-formed. Parameters that are
    /// unknown are passed over, however odd.
    init?(_ headers: HTTPHeaders) {
        let fields = headers.values("Content-Type")
        guard fields.count == 1, let parts = Self.parts(fields[0]) else { return nil }
        name = parts[0].lowercased()
        charsets = parts.dropFirst().compactMap { part in
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return halves.count == 2 && halves[0].lowercased() == "charset" ? halves[1].lowercased() : nil
        }
    }

    /// Whether it is JSON in UTF-8, the only JSON there is (RFC 8259, 8.1), whatever else it says.
    var isJSON: Bool { name == "application/json" && charsets.allSatisfy { $0 == "utf-8" } }

    /// What stands between the semicolons, without blanks around it and quotes in it; nil when a quote is open at the end.
    private static func parts(_ text: String) -> [String]? {
        var parts: [[UInt8]] = [[]]
        var isQuoted = false
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\") where isQuoted:
                guard let escaped = bytes.next() else { return nil }
                parts[parts.count - 1].append(escaped)
            case UInt8(ascii: ";") where !isQuoted: parts.append([])
            default: parts[parts.count - 1].append(byte)
            }
        }
        guard !isQuoted else { return nil }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        return parts.map { part in
            String(decoding: part.drop(while: isBlank).reversed().drop(while: isBlank).reversed(), as: UTF8.self)
        }
    }
}
