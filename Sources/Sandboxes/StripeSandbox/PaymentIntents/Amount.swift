import Kernel

/// What Stripe takes for an amount.
enum Amount {
    /// Checks a currency's code. Throws when Stripe does not take it.
    static func currency(_ code: String) throws(StripeError) -> Currency {
        guard let currency = Currency(code), currency.isChargeable else {
            throw StripeError.invalidRequest("Invalid currency: \(code.lowercased()).", param: "currency")
                .beforeExecution
        }
        return currency
    }

    /// Checks an amount. Throws below Stripe's minimum, above eight digits, and where a currency wants a round number.
    static func check(_ amount: Int64, _ currency: Currency) throws(StripeError) {
        guard amount >= 1 else {
            throw StripeError.invalidRequest(
                "This value must be greater than or equal to 1.", code: "parameter_invalid_integer", param: "amount"
            ).beforeExecution
        }
        guard amount <= currency.maximumChargeMinor else {
            throw StripeError.invalidRequest(
                "Amount must be no more than \(Money(currency.maximumChargeMinor, currency)).",
                code: "amount_too_large", param: "amount"
            ).beforeExecution
        }
        guard amount >= currency.minimumChargeMinor else {
            throw StripeError.invalidRequest(
                "Amount must be at least \(Money(currency.minimumChargeMinor, currency)).", code: "amount_too_small",
                param: "amount"
            ).beforeExecution
        }
        let step = currency.chargeStepMinor
        guard amount % step == 0 else {
            throw StripeError.invalidRequest(
                "Amounts in \(currency) must be multiples of \(step).", code: "parameter_invalid_integer",
                param: "amount"
            ).beforeExecution
        }
    }
}
