/// A card of Stripe's test list and what it does.
struct TestCard: Sendable {
    /// When the payer is asked to prove who they are.
    enum Authentication: Sendable {
        /// Never.
        case none
        /// Only when the merchant asks for it.
        case onRequest
        /// Always; without the payer the bank refuses.
        case always
        /// Always with the payer; without once the card was set up for that.
        case untilSetUp
        /// Always with the payer, never without.
        case onSession
        /// Always, but the lookup fails and the card is declined.
        case lookupFails
    }

    /// What a payer's bank claims afterwards.
    enum Claim: String, Sendable {
        case fraudulent
        case productNotReceived = "product_not_received"
        /// A question before a dispute: no money moves.
        case inquiry
    }

    /// What becomes of its refunds.
    enum RefundOutcome: Sendable {
        case succeeds
        /// Pending first.
        case succeedsLater
        /// Succeeded first.
        case failsLater
    }

    let number: String
    /// The names behind `pm_card_` and `tok_`; none for cards that only have a number.
    var names: [String] = []
    var brand = "visa"
    var funding = "credit"
    var country = "US"
    /// How every charge is refused, if it is.
    var decline: Decline?
    /// Whether the refusal needs a CVC to look at, when the card is given by number.
    var declinesOnlyCvc = false
    /// Whether risk rules refuse it before any bank sees it.
    var isBlocked = false
    /// How attaching to a customer is refused, if it is.
    var attachDecline: Decline?
    var authentication = Authentication.none
    var claim: Claim?
    var refund = RefundOutcome.succeeds
    var riskLevel = "normal"
    var cvcCheck = "pass"
    var postalCodeCheck = "pass"
    var warnsOfFraud = false
    /// Whether a payment with it stays in `processing` until it is settled by hand. Stripe has such cards (those whose
    /// banks must tell the payer first) and no test number for them.
    var isProcessed = false
    /// Whether its money is available at once.
    var bypassesPending = false

    /// The card's last four digits.
    var last4: String { String(number.suffix(4)) }
}

extension TestCard {
    /// The card of a full number.
    static func numbered(_ number: String) -> TestCard? { byNumber[number] }

    /// The card of a test id such as `pm_card_visa`; also without `visa_` before the behaviour.
    static func paymentMethod(_ id: String) -> TestCard? {
        if id == "pm_sandbox_processing" { return byName["sandboxProcessing"] }
        return id.hasPrefix("pm_card_") ? byName[String(id.dropFirst(8))] : nil
    }

    /// The card of a test token such as `tok_visa`.
    static func token(_ id: String) -> TestCard? { id.hasPrefix("tok_") ? byName[String(id.dropFirst(4))] : nil }

    private static let byNumber = Dictionary(uniqueKeysWithValues: all.map { ($0.number, $0) })
    private static let byName = Dictionary(all.flatMap { card in card.names.map { ($0, card) } }) { first, _ in first }
}
