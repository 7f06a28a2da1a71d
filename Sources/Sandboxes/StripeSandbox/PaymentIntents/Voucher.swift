import JSON
import Kernel

/// What a payer takes to a convenience store: a number to pay by, good for some days.
struct Voucher: Sendable, Equatable {
    /// How many days a payer has. Source: the default of Stripe's `expires_after_days`.
    static let days: Int64 = 3

    /// What the payer types at the store's machine.
    let code: String
    /// The payer's own number beside it.
    let confirmationNumber: String
    /// Seconds since the epoch.
    let expiresAt: Int64
    /// The page that shows it.
    let url: String

    /// A number is good to the end of the third day in Japan, which has no summer time.
    static func expiry(issuedAt seconds: Int64) -> Int64 {
        let secondsPerDay: Int64 = 86_400
        let offset: Int64 = 9 * 3600
        return ((seconds + offset) / secondsPerDay + days + 1) * secondsPerDay - offset - 1
    }

    var json: JSONValue {
        let place: JSONValue = [
            "confirmation_number": .string(confirmationNumber), "payment_code": .string(code),
        ]
        return [
            "expires_at": .int(expiresAt), "hosted_voucher_url": .string(url),
            "stores": ["familymart": place, "lawson": place, "ministop": place, "seicomart": place],
        ]
    }
}

extension SandboxState {
    /// The payer gets a number to pay by. Nothing is charged yet.
    mutating func issueVoucher(_ intent: inout PaymentIntent, _ cause: Cause) throws(StripeError) {
        let voucher = Voucher(
            code: String(random.number(in: 10_000_000_000...99_999_999_999)),
            confirmationNumber: String(random.number(in: 1_000_000_000...9_999_999_999)),
            expiresAt: Voucher.expiry(issuedAt: cause.seconds), url: "\(publicURL)/_sandbox/vouchers/\(intent.id)")
        try intent.apply(.requireAction(.voucher(voucher)))
        paymentIntents[intent.id] = intent
        agenda.add(
            .expireVoucher(intent.id, code: voucher.code), due: Timestamp(epochSeconds: voucher.expiresAt))
        emit("payment_intent.requires_action", intent.json, cause)
        checkoutAwaits(intent, cause)
    }

    /// The payer's number is no longer good; nothing happens when it was used or replaced.
    mutating func expireVoucher(_ id: String, _ code: String, _ cause: Cause) {
        guard let intent = paymentIntents[id], case .voucher(let voucher) = intent.nextAction, voucher.code == code
        else { return }
        do throws(StripeError) { _ = try settle(id, .failed(.expiredAtStore), cause) } catch {
            // An intent with a number to pay by is in a state that can fail.
            return
        }
    }
}
