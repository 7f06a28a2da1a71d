public import HTTP
internal import JSON
public import Kernel

/// What Passes refuses. Where several apply to one request, the first in this order is answered.
public enum PassesError: Error, Equatable {
    /// This installation sells no passes.
    case notConfigured
    /// The device's id is not fit to be one.
    case deviceIDMalformed
    /// The return address is not one of the configured ones.
    case returnURLNotAllowed
    /// The device has its licence, and needs nothing more.
    case licenseOwned
    /// The device has its day pass for today.
    case alreadyUnlocked
    /// The device's last purchase of this product is being paid, with a delay.
    case purchaseInProgress(reference: Int64)
    /// Too many tokens that were not the device's own; the brake ends by itself.
    case tooManyAttempts(retryAfterSeconds: Int64)
    /// There is no such token.
    case tokenUnknown
    /// The token is another device's.
    case tokenOfAnotherDevice
    /// The token is for another product.
    case tokenOfAnotherProduct(ProductType)
    /// The token's time is over.
    case tokenExpired
    /// The purchase was not paid, and cannot be any more.
    case purchaseClosed
    /// Money came for the purchase that does not fit; a person decides.
    case purchaseNeedsReview(reference: Int64)
}

extension PassesError: ProblemConvertible {
    /// The one mapping to the wire.
    public var problem: Problem {
        switch self {
        case .notConfigured:
            Problem(
                status: 503, code: "passes_not_configured", detail: "This installation sells no passes.",
                headers: ["Retry-After": "3600"])
        case .deviceIDMalformed:
            .invalidInput([
                .init(
                    field: "device_id", code: "malformed",
                    detail: "must have 8 to 128 letters, digits, or any of . _ : -")
            ])
        case .returnURLNotAllowed:
            .invalidInput([
                .init(
                    field: "return_url", code: "not_allowed", detail: "must be one of the configured return addresses")
            ])
        case .licenseOwned:
            Problem(
                status: 409, code: "license_owned",
                detail: "この端末はライセンス購入済みです。 The device has its licence already.")
        case .alreadyUnlocked:
            Problem(
                status: 409, code: "already_unlocked",
                detail: "本日分は購入済みです。 The device is unlocked for today already.")
        case .purchaseInProgress(let reference):
            Problem(
                status: 409, code: "purchase_in_progress",
                detail: "お支払いの確認待ちです (受付番号 \(reference))。 The last purchase waits for its payment "
                    + "(reference \(reference)).",
                headers: ["Retry-After": "60"])
        case .tooManyAttempts(let seconds):
            Problem(
                status: 429, code: "too_many_attempts",
                detail:
                    "Too many purchase tokens were refused for this device; what was paid is delivered all the same.",
                headers: ["Retry-After": String(seconds)])
        case .tokenUnknown:
            Problem(
                status: 404, code: "purchase_token_unknown",
                detail: "購入を確認できません。 There is no such purchase token.")
        case .tokenOfAnotherDevice:
            Problem(
                status: 403, code: "purchase_token_of_another_device",
                detail: "別の端末の購入です。 The purchase token belongs to another device.")
        case .tokenOfAnotherProduct(let product):
            Problem(
                status: 409, code: "purchase_token_of_another_product",
                detail: "The purchase token is for a \(product.rawValue); confirm it there.")
        case .tokenExpired:
            Problem(
                status: 410, code: "purchase_token_expired",
                detail: "購入トークンの有効期限が切れています。 The purchase token has expired; what was paid is on the device.")
        case .purchaseClosed:
            Problem(
                status: 410, code: "purchase_closed",
                detail: "お支払いは行われませんでした。 The purchase was not paid, and its page is closed. Nothing was charged.")
        case .purchaseNeedsReview(let reference):
            Problem(
                status: 409, code: "purchase_needs_review",
                detail: "お支払いを確認しています。受付番号 \(reference) をお伝えください。 "
                    + "A person looks at this payment; your reference is \(reference).")
        }
    }

    /// Strange tokens may be an attack; the rest is business.
    public var logLevel: Log.Level {
        switch self {
        case .tooManyAttempts, .tokenUnknown, .tokenOfAnotherDevice, .tokenOfAnotherProduct, .returnURLNotAllowed:
            .warning
        case .notConfigured: .error
        default: .info
        }
    }
}
