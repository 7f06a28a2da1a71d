import HTTP
import Kernel

/// Who asks.
enum Credentials {
    /// The key of a request: a bearer, or the name of HTTP Basic. Nil when there is none.
    static func key(_ headers: HTTPHeaders) -> String? {
        guard let header = headers["Authorization"] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": return parts[1]
        case "basic":
            guard let bytes = Base64.decode(parts[1]) else { return nil }
            let name = String(decoding: bytes, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
            return name.first.map(String.init)
        default: return nil
        }
    }

    /// Whether the key is the publishable one. Throws 401 for none, for one that is unknown here, and for any of live
    /// mode, also when the options name it: there is no live mode here.
    static func isClientSide(_ headers: HTTPHeaders, _ options: StripeSandboxOptions) throws(StripeError) -> Bool {
        guard let key = key(headers), !key.isEmpty else {
            throw .unauthorized(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                    + "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
        }
        let isLive = ["sk_live_", "rk_live_", "pk_live_"].contains(where: key.hasPrefix)
        if key == options.publishableKey, !isLive { return true }
        guard !isLive, options.secretKeys.contains(Secret(key)) else {
            throw .unauthorized("Invalid API Key provided: \(masked(key))")
        }
        return false
    }

    /// As Stripe shows a key: its kind and its last four characters.
    private static func masked(_ key: String) -> String {
        guard key.count > 12 else { return String(repeating: "*", count: key.count) }
        return key.prefix(8) + String(repeating: "*", count: min(20, key.count - 12)) + key.suffix(4)
    }
}

/// Base64 as HTTP Basic uses it (RFC 4648, section 4).
enum Base64 {
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
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
        return bytes
    }
}
