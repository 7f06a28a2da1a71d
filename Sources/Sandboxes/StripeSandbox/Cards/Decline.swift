/// How a bank or Stripe refuses a card.
struct Decline: Error, Hashable, Sendable {
    /// `card_declined`, `expired_card`, …
    let code: String
    /// Why, when the code is `card_declined` or repeats the reason.
    let declineCode: String?
    /// For the payer.
    let message: String
    /// What to do: `try_again_later`, `do_not_try_again`, `confirm_card_data`.
    let adviceCode: String?

    /// `card_declined` with a reason.
    static func declined(_ reason: String, advice: String?) -> Decline {
        let message =
            switch reason {
            case "insufficient_funds": "Your card has insufficient funds."
            case "card_velocity_exceeded":
                "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
            default: "Your card was declined."
            }
        return Decline(code: "card_declined", declineCode: reason, message: message, adviceCode: advice)
    }

    static let generic = declined("generic_decline", advice: "try_again_later")
    static let insufficientFunds = declined("insufficient_funds", advice: "try_again_later")
    static let lostCard = declined("lost_card", advice: "do_not_try_again")
    static let stolenCard = declined("stolen_card", advice: "do_not_try_again")
    static let velocityExceeded = declined("card_velocity_exceeded", advice: "try_again_later")
    static let fraudulent = declined("fraudulent", advice: "do_not_try_again")
    /// A number that is no test number.
    static let notATestCard = Decline(
        code: "card_declined", declineCode: "testmode_decline",
        message: "Your card was declined. Your request was in test mode, but used a non test card.", adviceCode: nil)
    static let expiredCard = Decline(
        code: "expired_card", declineCode: "expired_card", message: "Your card has expired.",
        adviceCode: "do_not_try_again")
    static let incorrectCvc = Decline(
        code: "incorrect_cvc", declineCode: "incorrect_cvc", message: "Your card's security code is incorrect.",
        adviceCode: "confirm_card_data")
    static let processingError = Decline(
        code: "processing_error", declineCode: "processing_error",
        message: "An error occurred while processing your card. Try again in a little bit.",
        adviceCode: "try_again_later")
    /// The store was not paid, or gave the money back.
    static let unpaidAtStore = Decline(
        code: "payment_intent_payment_attempt_failed", declineCode: nil, message: "The payment failed.",
        adviceCode: nil)
    /// Nobody came to the store in time.
    static let expiredAtStore = Decline(
        code: "payment_intent_payment_attempt_expired", declineCode: nil,
        message: "The payment was not made before its payment code expired.", adviceCode: nil)
    /// The bank wants the payer, who is not there.
    static let authenticationRequired = Decline(
        code: "authentication_required", declineCode: "authentication_required",
        message: "Your card was declined. This transaction requires authentication.", adviceCode: nil)
}
