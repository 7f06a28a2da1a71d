/// An amount of one currency, an integer in its minor unit (law 9): ¥980 is `Money(980, .jpy)`.
public struct Money: Hashable, Sendable, CustomStringConvertible {
    /// The amount in the currency's minor unit; may be negative in a posting.
    public let amountMinor: Int64
    /// The currency.
    public let currency: Currency

    /// An amount in minor units.
    public init(_ amountMinor: Int64, _ currency: Currency) {
        self.amountMinor = amountMinor
        self.currency = currency
    }

    /// Nothing, in this currency.
    public static func zero(_ currency: Currency) -> Money { Money(0, currency) }

    /// The sum. Throws `MoneyError` on overflow or mixed currencies.
    public func adding(_ other: Money) throws(MoneyError) -> Money {
        try requireSame(other)
        let (sum, overflow) = amountMinor.addingReportingOverflow(other.amountMinor)
        if overflow { throw .overflow }
        return Money(sum, currency)
    }

    /// The difference. Throws `MoneyError` on overflow or mixed currencies.
    public func subtracting(_ other: Money) throws(MoneyError) -> Money {
        try requireSame(other)
        let (difference, overflow) = amountMinor.subtractingReportingOverflow(other.amountMinor)
        if overflow { throw .overflow }
        return Money(difference, currency)
    }

    /// The amount `count` times. Throws `MoneyError.overflow`.
    public func multiplied(by count: Int64) throws(MoneyError) -> Money {
        let (product, overflow) = amountMinor.multipliedReportingOverflow(by: count)
        if overflow { throw .overflow }
        return Money(product, currency)
    }

    /// As people write it: `¥16,500`, `$9.80`, `1.234 kwd`.
    public var description: String {
        let digits = currency.minorUnitDigits
        var divisor: UInt64 = 1
        for _ in 0..<digits { divisor *= 10 }
        let magnitude = amountMinor.magnitude
        var text = Self.grouped(magnitude / divisor)
        if digits > 0 {
            let fraction = String(magnitude % divisor)
            text += "." + String(repeating: "0", count: digits - fraction.count) + fraction
        }
        let sign = amountMinor < 0 ? "-" : ""
        switch currency.code {
        case "jpy": return sign + "¥" + text
        case "usd": return sign + "$" + text
        case "eur": return sign + "€" + text
        default: return sign + text + " " + currency.code
        }
    }

    private func requireSame(_ other: Money) throws(MoneyError) {
        if currency != other.currency { throw .mixedCurrencies(currency, other.currency) }
    }

    private static func grouped(_ value: UInt64) -> String {
        let digits = Array(String(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }
}

/// What money arithmetic refuses (law 9).
public enum MoneyError: Error, Equatable {
    /// The result does not fit 64 bits.
    case overflow
    /// The amounts are of different currencies.
    case mixedCurrencies(Currency, Currency)
}
