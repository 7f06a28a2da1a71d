import HTTP
import JSON
import Kernel

/// What a buyer typed on the page of a Checkout Session.
struct CheckoutForm: Sendable {
    /// The fields, by their names on the page.
    enum Field: String, CaseIterable, Sendable {
        case method, email
        case cardNumber = "card_number"
        case cardExpiry = "card_expiry"
        case cardCvc = "card_cvc"
        case cardName = "card_name"
    }

    private var values: [Field: String] = [:]

    /// A page that was just opened: what is already known stands in it.
    init(_ session: CheckoutSession) {
        values[.email] = session.customerEmail ?? session.payer?.email
        values[.cardName] = session.payer?.name
    }

    /// A form that was sent. The merchant's address for mail cannot be changed by the buyer.
    init(_ body: [UInt8], _ session: CheckoutSession) {
        for (name, value) in PercentCoding.pairs(String(decoding: body, as: UTF8.self)) ?? [] {
            guard let field = Field(rawValue: name) else { continue }
            values[field] = String(value.drop(while: \.isWhitespace).prefix(512))
        }
        if let email = session.customerEmail { values[.email] = email }
    }

    subscript(_ field: Field) -> String { values[field] ?? "" }

    /// How the buyer wants to pay: what they chose, or the first that there is.
    func kind(_ session: CheckoutSession) -> PaymentMethod.Kind? {
        guard let chosen = values[.method] else { return session.types.first }
        return PaymentMethod.Kind(rawValue: chosen).flatMap { session.types.contains($0) ? $0 : nil }
    }

    /// What is wrong with the form, by field; the card when nothing is and a card was chosen.
    func check(_ session: CheckoutSession, at now: Timestamp, _ say: PageLanguage) -> (
        faults: [Field: String], card: CardInput?
    ) {
        var faults: [Field: String] = [:]
        if !EmailAddress.isPlausible(self[.email].trimmed) {
            faults[.email] = say("メールアドレスを確認してください。", "Please check your email address.")
        }
        guard let kind = kind(session) else {
            faults[.method] = say("お支払い方法を選んでください。", "Please choose how to pay.")
            return (faults, nil)
        }
        guard kind == .card else { return (faults, nil) }
        if self[.cardName].trimmed.isEmpty {
            faults[.cardName] = say("カードの名義を入力してください。", "Please enter the name on the card.")
        }
        // Each field by itself beside good ones, so that all that is wrong is told at once.
        let nextYear = CardNumber.yearAndMonth(now).year + 1
        let good = (number: "4242424242424242", month: Int64(12), year: nextYear, cvc: "000")
        let cvc = self[.cardCvc].trimmed
        let expiry = self.expiry
        _ = Self.card((self[.cardNumber], good.month, good.year, good.cvc), now, say, &faults)
        _ = Self.card((good.number, good.month, good.year, cvc), now, say, &faults)
        guard let (month, year) = expiry else {
            faults[.cardExpiry] = say("有効期限を 月/年 の形で入力してください（例 12/34）。", "Please enter the expiry as MM/YY.")
            return (faults, nil)
        }
        let card = Self.card((self[.cardNumber], month, year, cvc), now, say, &faults)
        _ = Self.card((good.number, month, year, good.cvc), now, say, &faults)
        return (faults, faults.isEmpty ? card : nil)
    }

    /// Month and year of `12/34`, `1234` or `12/2034`.
    private var expiry: (month: Int64, year: Int64)? {
        let digits = self[.cardExpiry].filter { !$0.isWhitespace && $0 != "/" }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), [4, 6].contains(digits.utf8.count),
            let month = Int64(digits.prefix(2)), let year = Int64(digits.dropFirst(2))
        else { return nil }
        return (month, year)
    }

    private static func card(
        _ given: (number: String, month: Int64, year: Int64, cvc: String), _ now: Timestamp, _ say: PageLanguage,
        _ faults: inout [Field: String]
    ) -> CardInput? {
        do throws(StripeError) {
            return try CardInput(
                Parameters([
                    "number": .string(given.number), "exp_month": .int(given.month), "exp_year": .int(given.year),
                    "cvc": .string(given.cvc),
                ]), at: "card", now: now)
        } catch {
            let (field, text) = fault(error, say)
            faults[field] = text
            return nil
        }
    }

    private static func wrongNumber(_ say: PageLanguage) -> String {
        say("カード番号を確認してください。", "Please check the card number.")
    }

    private static func fault(_ error: StripeError, _ say: PageLanguage) -> (Field, String) {
        switch error.code {
        case "invalid_expiry_month", "invalid_expiry_year":
            (.cardExpiry, say("有効期限が切れているか、正しくありません。", "The expiry date is wrong or in the past."))
        case "invalid_cvc":
            (.cardCvc, say("セキュリティコードは3桁か4桁の数字です。", "The security code has 3 or 4 digits."))
        case "card_declined":
            (
                .cardNumber,
                say(
                    "テスト用のカード番号を使ってください（例 4242 4242 4242 4242）。",
                    "Please use the number of a test card, such as 4242 4242 4242 4242.")
            )
        default: (.cardNumber, wrongNumber(say))
        }
    }
}

extension String {
    /// Without spaces at the end.
    var trimmed: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
