internal import Kernel

/// Reads `Forwarded` (RFC 7239) and the addresses of `X-Forwarded-For`.
enum ForwardedField {
    /// What each proxy of a field's value tells, in their order. One that cannot be read tells nothing.
    static func hops(_ value: String) -> [TrustedProxies.Hop] {
        parts(of: value[...], by: ",").map { element in
            var hop = TrustedProxies.Hop()
            var names: Set<String> = []
            for pair in parts(of: element, by: ";") {
                let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = trimmed(halves[0]).lowercased()
                guard halves.count == 2, let text = unquoted(trimmed(halves[1])), names.insert(name).inserted else {
                    return TrustedProxies.Hop()
                }
                switch name {
                case "for": hop.address = address(text)
                case "proto": hop.isEncrypted = isEncrypted(text)
                default: break
                }
            }
            return hop
        }
    }

    /// An address, with or without a port: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`. Nil for
    /// `unknown` and for names that hide an address.
    static func address(_ text: some StringProtocol) -> IPAddress? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" && isPort(rest.dropFirst()) else { return nil }
            let inner = text[..<end].dropFirst()
            return inner.contains(":") ? IPAddress(inner) : nil
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 { return isPort(parts[1]) ? IPAddress(parts[0]) : nil }
        return IPAddress(text)
    }

    /// What a scheme says; nil for those that we do not know.
    static func isEncrypted(_ scheme: some StringProtocol) -> Bool? {
        switch scheme.lowercased() {
        case "https": true
        case "http": false
        default: nil
        }
    }

    /// A text without the blanks around it.
    static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    private static func isPort(_ text: some StringProtocol) -> Bool {
        // RFC 7239 lets a port be hidden too.
        (1...16).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The parts between separators that stand outside of quotes.
    private static func parts(of text: Substring, by separator: Character) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        var isEscaped = false
        for index in text.indices {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == separator, !isQuoted {
                parts.append(trimmed(text[start..<index]))
                start = text.index(after: index)
            }
        }
        parts.append(trimmed(text[start...]))
        return parts
    }

    /// A token as it is, and what stands in quotes without them; nil when the quotes do not fit.
    private static func unquoted(_ text: Substring) -> String? {
        guard text.hasPrefix("\"") else { return text.contains("\"") ? nil : String(text) }
        guard text.count >= 2, text.hasSuffix("\"") else { return nil }
        var plain = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if !isEscaped, character == "\\" {
                isEscaped = true
                continue
            }
            if !isEscaped, character == "\"" { return nil }
            plain.append(character)
            isEscaped = false
        }
        return isEscaped ? nil : plain
    }
}
