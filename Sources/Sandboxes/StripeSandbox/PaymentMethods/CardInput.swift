import JSON
import Kernel

/// A card as a request gives it: by number or by test token.
struct CardInput: Sendable {
    let card: TestCard
    let expMonth: Int64
    let expYear: Int64
    let lacksCvc: Bool

    /// A card by one of Stripe's test ids, which are good for years.
    init(_ card: TestCard, at now: Timestamp) {
        self.init(card: card, expMonth: 8, expYear: CardNumber.yearAndMonth(now).year + 4, lacksCvc: false)
    }

    /// Checks the members of `card`. Throws a 402 for what a payer mistyped, as Stripe does.
    init(_ parameters: Parameters, at path: String, now: Timestamp) throws(StripeError) {
        if let token = parameters.string("token") {
            guard !parameters.has("number") else {
                throw .invalidRequest(
                    "You cannot give both a token and a number.", code: "parameters_exclusive", param: path)
            }
            guard let card = TestCard.token(token) else { throw .missing("token", token, param: "\(path)[token]") }
            self.init(card, at: now)
            return
        }
        guard let written = parameters.string("number") else { throw .missingParameter("\(path)[number]") }
        guard let month = parameters.int("exp_month") else { throw .missingParameter("\(path)[exp_month]") }
        guard let year = parameters.int("exp_year") else { throw .missingParameter("\(path)[exp_year]") }
        let number = written.filter { $0 != " " && $0 != "-" }
        guard CardNumber.passesLuhn(number) else {
            throw Self.mistyped("incorrect_number", "Your card number is incorrect.", "number")
        }
        guard (1...12).contains(month) else {
            throw Self.mistyped("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
        }
        let today = CardNumber.yearAndMonth(now)
        let fullYear = year < 100 ? year + 2000 : year
        guard fullYear >= today.year, fullYear <= today.year + 50 else {
            throw Self.mistyped("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
        }
        if fullYear == today.year, month < today.month {
            throw Self.mistyped("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
        }
        let cvc = parameters.string("cvc")
        if let cvc, !(3...4).contains(cvc.utf8.count) || !cvc.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            throw Self.mistyped("invalid_cvc", "Your card's security code is invalid.", "cvc")
        }
        guard let card = TestCard.numbered(number) else { throw Self.refused(.notATestCard) }
        self.init(card: card, expMonth: month, expYear: fullYear, lacksCvc: cvc == nil)
    }

    private init(card: TestCard, expMonth: Int64, expYear: Int64, lacksCvc: Bool) {
        self.card = card
        self.expMonth = expMonth
        self.expYear = expYear
        self.lacksCvc = lacksCvc
    }

    private static func mistyped(_ code: String, _ message: String, _ param: String) -> StripeError {
        var error = StripeError.invalidRequest(message, code: code, param: param, status: 402)
        error.kind = .card
        return error
    }

    /// A refusal that has no charge.
    static func refused(_ decline: Decline) -> StripeError {
        var error = StripeError.invalidRequest(decline.message, code: decline.code, status: 402)
        error.kind = .card
        if let advice = decline.adviceCode { error.details["advice_code"] = .string(advice) }
        if let reason = decline.declineCode { error.details["decline_code"] = .string(reason) }
        return error
    }
}
