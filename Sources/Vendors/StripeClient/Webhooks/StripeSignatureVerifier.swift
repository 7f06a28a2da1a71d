private import Crypto
public import Kernel

/// Tells whether a webhook comes from Stripe: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`, where `v1` is the
/// HMAC-SHA-256 of `t`, a dot and the raw body under the endpoint's secret. Source: Stripe's webhook documentation.
public struct StripeSignatureVerifier: Sendable {
    /// The longest header that is read, in bytes (law 14). Stripe's have about 80 for each active secret.
    public static let headerBytesMax = 4096
    /// The most entries of a header that are read.
    public static let entriesMax = 32

    private let secrets: [Secret]
    private let tolerance: Duration

    /// A verifier that accepts what any of `secrets` signed, so that a secret can be rolled without losing an event.
    ///
    /// No secret at all, or an empty one among them, refuses everything (law 13). `tolerance` is how far the signed
    /// time may lie from now, before or after.
    public init(secrets: [Secret], tolerance: Duration = .seconds(300)) {
        self.secrets = secrets
        self.tolerance = tolerance
    }

    /// Returns only when `rawBody`, byte by byte as it came, was signed by one of the secrets at about `now`.
    ///
    /// Throws `StripeSignatureError`, all of whose cases are answered with 400. Verify before parsing (law 5).
    public func verify(header: String?, rawBody: [UInt8], now: Timestamp) throws(StripeSignatureError) {
        guard !secrets.isEmpty, secrets.allSatisfy({ !Self.isBlank($0.reveal()) }) else { throw .noSecret }
        guard let header, !Self.isBlank(header) else { throw .missingHeader }
        let parts = try Parts(header)
        // Every pair is compared, so that the time taken says nothing about which one fitted.
        var matches = false
        for secret in secrets {
            let expected = Self.signature(secret: secret, timestamp: parts.timestampText, rawBody: rawBody)
            for candidate in parts.candidates {
                let equal = Digest.constantTimeEqual(Array(candidate.utf8), expected)
                matches = matches || equal
            }
        }
        guard matches else { throw .mismatch }
        let age = now.since(Timestamp(epochSeconds: parts.timestamp))
        guard age <= tolerance else { throw .tooOld }
        guard age >= .zero - tolerance else { throw .tooNew }
    }

    /// The header that Stripe would send, for tests and for events that we make ourselves.
    public static func header(secret: Secret, timestamp: Timestamp, rawBody: [UInt8]) -> String {
        let text = String(timestamp.epochSeconds)
        let signature = signature(secret: secret, timestamp: text, rawBody: rawBody)
        return "t=\(text),v1=\(String(decoding: signature, as: UTF8.self))"
    }

    /// Lower-case hexadecimal, as it stands in the header.
    private static func signature(secret: Secret, timestamp: String, rawBody: [UInt8]) -> [UInt8] {
        var message = Array(timestamp.utf8)
        message.reserveCapacity(message.count + 1 + rawBody.count)
        message.append(UInt8(ascii: "."))
        message.append(contentsOf: rawBody)
        return Array(Hex.encode(Digest.hmacSHA256(key: Array(secret.reveal().utf8), message)).utf8)
    }

    private static func isBlank(_ text: String) -> Bool { text.utf8.allSatisfy { $0 <= 0x20 } }
}

/// A header taken apart.
private struct Parts {
    /// The signed time as it was written, since that text is what was signed.
    let timestampText: String
    let timestamp: Int64
    let candidates: [String]

    init(_ header: String) throws(StripeSignatureError) {
        guard header.utf8.count <= StripeSignatureVerifier.headerBytesMax else { throw .headerTooLong }
        var timestamps: [String] = []
        var candidates: [String] = []
        // By bytes: a mark that joins the character before it does not hide a separator.
        let entries = header.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard entries.count <= StripeSignatureVerifier.entriesMax else { throw .headerTooLong }
        for entry in entries {
            let halves = entry.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { continue }
            switch Self.trimmed(halves[0]) {
            case "t": timestamps.append(Self.trimmed(halves[1]))
            case "v1": candidates.append(Self.trimmed(halves[1]))
            // `v0` of test mode, and schemes to come.
            default: break
            }
        }
        // Two times would leave open which one was signed.
        guard timestamps.count == 1, (1...12).contains(timestamps[0].utf8.count),
            timestamps[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let timestamp = Int64(timestamps[0])
        else { throw .badTimestamp }
        guard !candidates.isEmpty else { throw .noSignature }
        timestampText = timestamps[0]
        self.timestamp = timestamp
        self.candidates = candidates
    }

    private static func trimmed(_ text: Substring.UTF8View) -> String {
        var text = text
        while text.first == UInt8(ascii: " ") { text.removeFirst() }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        return String(Substring(text))
    }
}
