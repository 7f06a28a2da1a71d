/// Whose an address is: an IPv4 address stands for itself, an IPv6 address for its /64, as that is what one subscriber is
/// given at least. An IPv4 address in IPv6's clothes (`::ffff:192.0.2.1`) is the same as without.
struct ClientAddress: Equatable {
    /// What tells it from others.
    let key: [UInt8]

    /// Of an address as sockets tell it; text that is no address stands for itself.
    init(_ text: String) {
        // A zone, `fe80::1%eth0`, is ours and not theirs.
        let bytes = Array(text.utf8.prefix { $0 != UInt8(ascii: "%") })
        if let address = Self.ipv4(bytes[...]) {
            key = address
        } else if let address = Self.ipv6(bytes) {
            let isMapped = address.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            key = isMapped ? Array(address.suffix(4)) : Array(address.prefix(8))
        } else {
            key = Array("?".utf8) + bytes
        }
    }

    /// Four numbers of 0 to 255; nil for anything else.
    private static func ipv4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count <= 15 else { return nil }
        var address: [UInt8] = []
        for part in text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            guard let number = UInt8(exactly: part.reduce(0) { $0 * 10 + Int($1 - 0x30) }) else { return nil }
            address.append(number)
        }
        return address.count == 4 ? address : nil
    }

    /// RFC 4291, 2.2, of which sockets use every form; nil for anything else.
    private static func ipv6(_ text: [UInt8]) -> [UInt8]? {
        guard (2...45).contains(text.count) else { return nil }
        guard let gap = text.firstRange(of: Array("::".utf8)) else {
            let address = groups(text[...])
            return address?.count == 16 ? address : nil
        }
        guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
            head.count + tail.count < 16
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// Groups of hexadecimal digits between colons, the last of which may be an IPv4 address.
    private static func groups(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        if text.isEmpty { return [] }
        var address: [UInt8] = []
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let last = ipv4(part) else { return nil }
                return address + last
            }
            guard (1...4).contains(part.count),
                let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16), part.first != UInt8(ascii: "+")
            else { return nil }
            address += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
        }
        return address
    }
}
