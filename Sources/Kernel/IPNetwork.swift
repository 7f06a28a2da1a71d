/// A range of addresses with a common beginning: `10.0.0.0/8`, `2001:db8::/32`, or one address.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    private let base: IPAddress
    /// How many of the 128 bits are common; those of IPv4 are behind 96 others.
    private let prefixBits: Int

    /// A range as people write it (CIDR), or an address alone; nil for everything else, also when bits behind the
    /// common ones are set, as it is not clear then what was meant.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = IPAddress(parts[0]) else { return nil }
        // What is written in IPv6 has a length of IPv6, also where it is an address of IPv4.
        let isWrittenShort = !parts[0].utf8.contains(UInt8(ascii: ":"))
        var prefixBits = 128
        if parts.count == 2 {
            guard let bits = Self.length(parts[1]), bits <= (isWrittenShort ? 32 : 128) else { return nil }
            prefixBits = isWrittenShort ? bits + 96 : bits
        }
        let (high, low) = Self.mask(prefixBits)
        guard base.high & ~high == 0, base.low & ~low == 0 else { return nil }
        self.base = base
        self.prefixBits = prefixBits
    }

    /// Whether an address is within. Ranges of IPv6 hold none of IPv4.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.isIPv4 == isIPv4 else { return false }
        let (high, low) = Self.mask(prefixBits)
        return address.high & high == base.high && address.low & low == base.low
    }

    /// Whether every address of its kind is within.
    public var isEverybody: Bool { prefixBits == (isIPv4 ? 96 : 0) }

    /// As it is written.
    public var description: String { "\(base)/\(isIPv4 ? prefixBits - 96 : prefixBits)" }

    /// The machine itself.
    public static let loopback = [IPNetwork("127.0.0.0/8"), IPNetwork("::1")].compactMap { $0 }

    private var isIPv4: Bool { base.isIPv4 && prefixBits >= 96 }

    private static func length(_ text: some StringProtocol) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private static func mask(_ bits: Int) -> (high: UInt64, low: UInt64) {
        func ones(_ count: Int) -> UInt64 { count == 0 ? 0 : ~0 << (64 - UInt64(count)) }
        return (ones(min(bits, 64)), ones(max(0, bits - 64)))
    }
}
