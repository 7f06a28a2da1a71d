import HTTP

/// What a request asks for (RFC 9112, 3.2).
struct Target {
    /// The path as sent; begins with `/`, except for `*`.
    var path = "/"
    /// The query as sent, without `?`.
    var query = ""
    /// The host that an absolute target names; it takes the place of the field's.
    var authority: String?

    /// The form of `OPTIONS *`, which asks for the server as a whole.
    private static let everything = [UInt8(ascii: "*")]

    /// The parts of a target: `/path?query`, the same behind `http://host`, or `*`. Throws a `Problem` for other forms,
    /// for `CONNECT`, and for a path that different readers could read differently.
    init(_ bytes: [UInt8], method: String) throws(Problem) {
        guard method != "CONNECT", bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { throw .pathNotValid }
        if bytes == Self.everything, method == "OPTIONS" {
            path = "*"
            return
        }
        var rest = bytes[...]
        if rest.first != UInt8(ascii: "/") {
            guard let scheme = rest.firstRange(of: Array("://".utf8)) else { throw .pathNotValid }
            let name = String(decoding: rest[..<scheme.lowerBound], as: UTF8.self).lowercased()
            guard name == "http" || name == "https" else { throw .pathNotValid }
            let authority = rest[scheme.upperBound...].prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            rest = rest[authority.endIndex...]
            self.authority = String(decoding: authority, as: UTF8.self)
            if rest.first != UInt8(ascii: "/") { rest = [UInt8(ascii: "/")] + rest }
        }
        let path = rest.prefix { $0 != UInt8(ascii: "?") }
        try Self.check(path)
        self.path = String(decoding: path, as: UTF8.self)
        query = String(decoding: rest.dropFirst(path.count + 1), as: UTF8.self)
        // What the words of a query mean is the handler's; that its escapes are whole is not.
        guard Self.escapesAreWhole(rest.dropFirst(path.count)) else { throw .pathNotValid }
    }

    /// Refuses escapes that are cut, bytes that are no UTF-8 (overlong ones too), NUL, backslashes, which some read as
    /// slashes, and dots that were escaped so that nobody before us sees the way up.
    private static func check(_ path: ArraySlice<UInt8>) throws(Problem) {
        if !path.contains(UInt8(ascii: "%")) && !path.contains(UInt8(ascii: "\\")) { return }
        guard let text = PercentCoding.decode(String(decoding: path, as: UTF8.self)),
            !text.utf8.contains(0), !path.contains(UInt8(ascii: "\\"))
        else { throw .pathNotValid }
        for segment in path.split(separator: UInt8(ascii: "/")) where segment.contains(UInt8(ascii: "%")) {
            let decoded = PercentCoding.decode(String(decoding: segment, as: UTF8.self))
            if decoded == "." || decoded == ".." { throw .pathNotValid }
        }
    }

    private static func escapesAreWhole(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[(percent + 1)...]
            guard rest.prefix(2).count == 2, rest.prefix(2).allSatisfy(isHexDigit) else { return false }
        }
        return true
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    /// Whether a value names a host, and a port perhaps (RFC 9110, 7.2), and nothing else.
    static func isHost(_ value: String) -> Bool {
        guard (1...255).contains(value.utf8.count) else { return false }
        var rest = value.utf8[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")), rest[..<end].count > 2,
                rest[..<end].dropFirst().allSatisfy({
                    isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                })
            else { return false }
            rest = rest[rest.index(after: end)...]
        } else {
            let name = rest.prefix { $0 != UInt8(ascii: ":") }
            guard !name.isEmpty, name.allSatisfy(isNameByte) else { return false }
            rest = rest[name.endIndex...]
        }
        if rest.isEmpty { return true }
        let port = rest.dropFirst()
        return rest.first == UInt8(ascii: ":") && port.count <= 5 && port.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~".utf8.contains(byte)
        }
    }
}
