private import CSodium

/// SHA-256, HMAC-SHA-256, and SipHash for tables in memory, by libsodium.
public enum Digest {
    /// SHA-256 of bytes: 32 bytes.
    public static func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&digest, message, UInt64(message.count))
        return digest
    }

    /// HMAC-SHA-256 with a key of any length: 32 bytes.
    public static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var state = crypto_auth_hmacsha256_state()
        var digest = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        crypto_auth_hmacsha256_init(&state, key, key.count)
        crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
        crypto_auth_hmacsha256_final(&state, &digest)
        return digest
    }

    /// How long the key of ``shortHash(_:key:)`` is, in bytes.
    public static let shortHashKeyBytes = Int(crypto_shorthash_KEYBYTES)

    /// SipHash-2-4 of bytes: 64 bits that nobody can foresee without the key, which other lengths are filled up or cut to.
    /// For places in a table in memory, not for anything that is stored or sent.
    public static func shortHash(_ message: [UInt8], key: [UInt8]) -> UInt64 {
        let whole =
            key.count == shortHashKeyBytes
            ? key : Array((key + [UInt8](repeating: 0, count: shortHashKeyBytes)).prefix(shortHashKeyBytes))
        var hash: UInt64 = 0
        withUnsafeMutablePointer(to: &hash) { pointer in
            pointer.withMemoryRebound(to: UInt8.self, capacity: MemoryLayout<UInt64>.size) { output in
                _ = crypto_shorthash(output, message, UInt64(message.count), whole)
            }
        }
        return UInt64(littleEndian: hash)
    }

    /// SHA-256 in Base64 with padding, as the policies of browsers write it.
    public static func sha256Base64(_ message: [UInt8]) -> String {
        let text = Base64URL.encode(sha256(message)).replacing("-", with: "+").replacing("_", with: "/")
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }

    /// Whether two byte strings are equal, in a time that tells nothing but their lengths.
    public static func constantTimeEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && sodium_memcmp(one, other, one.count) == 0
    }
}

/// SHA-256 of bytes that come piece by piece: the same digest however they are cut.
public struct RunningDigest: Sendable {
    private var state = crypto_hash_sha256_state()

    /// Nothing yet.
    public init() { crypto_hash_sha256_init(&state) }

    /// Takes in the next bytes.
    public mutating func update(_ bytes: [UInt8]) { crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count)) }

    /// The digest of all bytes so far: 32 bytes.
    public func value() -> [UInt8] {
        var copy = state
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256_final(&copy, &digest)
        return digest
    }
}

/// Lower-case hexadecimal.
public enum Hex {
    /// Two digits a byte, lower case.
    public static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes behind lower- or upper-case digits; nil when there is anything else.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        func value(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x41...0x46: byte - 0x41 + 10
            case 0x61...0x66: byte - 0x61 + 10
            default: nil
            }
        }
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}

/// Base64 for URLs, without padding (RFC 4648, section 5).
public enum Base64URL {
    /// Encodes.
    public static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let word =
                UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            for digit in 0..<min(4, left + 1) { text.append(alphabet[Int(word >> UInt32(18 - digit * 6) & 63)]) }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes; nil for anything outside the alphabet, padding, an impossible length, or stray bits in the last digit.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            word = word << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
                word &= (1 << UInt32(bits)) - 1
            }
        }
        return bits < 6 && word == 0 ? bytes : nil
    }
}
