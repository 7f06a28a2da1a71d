internal import HTML
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// How amounts and moments are shown to people.
extension HTML {
    /// A moment in Japan's time, to the minute or the second; pointed at, it tells UTC.
    static func time(_ moment: TimeDTO, seconds: Bool = false) -> HTML {
        let local = moment.timestamp.adding(JapanTime.ahead).rfc3339
        return .element(
            "time", ["datetime": moment.timestamp.rfc3339, "title": "\(moment.timestamp.rfc3339) (UTC)"],
            [.text("\(local.prefix(10)) \(local.dropFirst(11).prefix(seconds ? 8 : 5))")])
    }

    /// A moment, or a dash.
    static func time(_ moment: TimeDTO?) -> HTML { moment.map { HTML.time($0) } ?? .none }

    /// What stands where there is nothing; on a phone such a cell is left out.
    static let none: HTML = "–"

    /// An order's status as a badge, coloured by what it asks of the operator.
    static func status(_ status: String, _ language: Language) -> HTML {
        let colour =
            switch status {
            case "paid", "succeeded": "good"
            case "needs_review", "failed", "refused": "bad"
            case "canceled", "refunded": "past"
            default: "open"
            }
        return .element("span", ["class": "badge \(colour)"], [.text(Text.status(status)[language])])
    }
}

/// The pages' zone: Japan has had no summer time since 1951, so it is always nine hours ahead.
enum JapanTime {
    static let ahead = Duration.seconds(9 * 3600)
}

/// An amount as an operator types it.
enum AmountInput {
    /// The amount in minor units behind `¥1,234`, `1234` or `9.80`; nil for what is no positive amount of the currency.
    static func minor(_ text: String, _ currency: Currency) -> Int64? {
        let digits = text.filter { !$0.isWhitespace && $0 != "," && $0 != "¥" && $0 != "$" && $0 != "€" }
        let halves = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = halves.first, !whole.isEmpty, digits.utf8.count <= 15 else { return nil }
        let places = currency.minorUnitDigits
        let fraction = halves.count > 1 ? halves[1] : ""
        guard fraction.utf8.count <= places, halves.count == 1 || !fraction.isEmpty,
            "\(whole)\(fraction)".utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let padded = fraction + String(repeating: "0", count: places - fraction.utf8.count)
        return Int64(whole + padded).flatMap { $0 > 0 ? $0 : nil }
    }

    /// The amount as it is typed: `1234`, `9.80`.
    static func text(_ money: MoneyDTO) -> String {
        guard let currency = money.money?.currency, currency.minorUnitDigits > 0 else { return String(money.amount) }
        let places = currency.minorUnitDigits
        let digits = String(money.amount)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(padded.dropLast(places)).\(padded.suffix(places))"
    }
}
