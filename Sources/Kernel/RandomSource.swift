/// Where randomness comes from. Nothing else draws random numbers, so that a seed replays a history.
public protocol RandomSource: Sendable {
    /// 64 fresh random bits, fit for keys and tokens when the source is the system's.
    func next() -> UInt64
}

extension RandomSource {
    /// `count` random bytes.
    public func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            withUnsafeBytes(of: next().littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// A number of `range`, without bias worth speaking of for ranges below 2^32.
    public func number(in range: ClosedRange<Int64>) -> Int64 {
        let width = UInt64(bitPattern: range.upperBound &- range.lowerBound) &+ 1
        if width == 0 { return Int64(bitPattern: next()) }
        return range.lowerBound &+ Int64(bitPattern: next().multipliedFullWidth(by: width).high)
    }

    /// `length` characters of `[0-9A-Za-z]`.
    public func alphanumerics(_ length: Int) -> String {
        String(decoding: (0..<length).map { _ in Self.alphabet[Int(number(in: 0...61))] }, as: UTF8.self)
    }

    private static var alphabet: [UInt8] {
        Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    }
}

/// The kernel's generator: fit for secrets.
public struct SystemRandomSource: RandomSource {
    /// The kernel's generator.
    public init() {}

    /// 64 bits from the kernel.
    public func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
