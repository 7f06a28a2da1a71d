/// Names one wish of the app's: one purchase, one order. Sent as `Idempotency-Key`, it makes a repeat of the wish the
/// same wish, so that a request whose answer was lost is safe to send again, also days later and after a restart.
///
/// A key is good for one request of one content: another purchase takes another key.
public struct RequestKey: Sendable, Hashable, Codable {
    /// The text, to store.
    public let rawValue: String

    /// A key that was stored; nil unless it has 1 to 255 visible characters of ASCII.
    public init?(_ text: String) {
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        rawValue = text
    }

    /// Reads text. Throws `DecodingError` for what is no key.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let key = RequestKey(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a request key")
        }
        self = key
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// 190 random bits.
    init(random text: String) { rawValue = "kc_" + text }
}
