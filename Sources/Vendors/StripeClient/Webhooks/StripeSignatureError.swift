/// Why a webhook is not taken. The bytes were not parsed, nothing was changed; the answer is 400 (S3-HOOK-04).
public enum StripeSignatureError: Error, Equatable, CaseIterable, CustomStringConvertible {
    /// We have no secret, or an empty one: nothing can be verified (law 13). A fault of ours.
    case noSecret
    /// There is no `Stripe-Signature`.
    case missingHeader
    /// The header is longer than any of Stripe's (law 14).
    case headerTooLong
    /// The header has no time, two of them, or one that is no number.
    case badTimestamp
    /// The header has no `v1`.
    case noSignature
    /// No `v1` fits the body under any secret.
    case mismatch
    /// Rightly signed, longer ago than is tolerated: perhaps recorded and sent again.
    case tooOld
    /// Rightly signed, for a time further ahead than is tolerated: one of the clocks is wrong.
    case tooNew

    /// A stable word for logs.
    public var description: String {
        switch self {
        case .noSecret: "no_secret"
        case .missingHeader: "missing_header"
        case .headerTooLong: "header_too_long"
        case .badTimestamp: "bad_timestamp"
        case .noSignature: "no_signature"
        case .mismatch: "mismatch"
        case .tooOld: "too_old"
        case .tooNew: "too_new"
        }
    }
}
