private import Crypto
public import Kernel

/// The name under which Stripe does a write at most once (law 2). Stripe keeps it for at least 24 hours.
///
/// The same key with the same parameters repeats the first answer, a card's refusal included; so a new attempt after a
/// definite refusal needs a new key, and a retry after an unknown outcome needs the same one.
public struct StripeIdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    /// The text that is sent: 1 to 255 printable ASCII characters. It holds no personal data and no secret.
    public let rawValue: String

    /// A key of this text; nil unless it has 1 to 255 printable ASCII characters.
    public init?(_ text: String) {
        guard Self.fits(text) else { return nil }
        rawValue = text
    }

    /// The key of one attempt at one purpose for one of our things: `<id>:<purpose>:<attempt>`.
    ///
    /// The purpose keeps the endpoints apart, since Stripe refuses a key that comes to a second endpoint. What would be
    /// too long, or is not ASCII, is sent as its SHA-256.
    public init<Subject>(_ id: ID<Subject>, purpose: String, attempt: Int) {
        let text = "\(id.rawValue):\(purpose):\(attempt)"
        rawValue = Self.fits(text) ? text : "sha256:" + Hex.encode(Digest.sha256(Array(text.utf8)))
    }

    /// The text.
    public var description: String { rawValue }

    private static func fits(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
