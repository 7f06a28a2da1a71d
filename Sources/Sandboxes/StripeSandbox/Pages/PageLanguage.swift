import HTTP

/// The languages of the buyer's pages.
enum PageLanguage: String, Sendable {
    case japanese = "ja"
    case english = "en"

    /// The merchant's choice, where it is one of these; otherwise the browser's. Others get English.
    init(locale: String?, _ headers: HTTPHeaders) {
        let primary = locale.map(Self.primary) ?? "auto"
        if primary == "auto" {
            self = Self.preferred(headers["Accept-Language"] ?? "") ?? .english
        } else {
            self = PageLanguage(rawValue: primary) ?? .english
        }
    }

    /// The one of them that the browser likes best (RFC 9110, section 12.5.4); the first of equals.
    private static func preferred(_ header: String) -> PageLanguage? {
        var best: (language: PageLanguage, weight: Int)?
        for range in header.split(separator: ",").prefix(20) {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let tag = parts.first, let language = PageLanguage(rawValue: primary(tag)) else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { thousandths($0.dropFirst(2)) } ?? 1000
            if weight > best?.weight ?? 0 { best = (language, weight) }
        }
        return best?.language
    }

    private static func primary(_ tag: String) -> String { String(tag.lowercased().prefix { $0 != "-" }) }

    /// `0.8` is 800.
    private static func thousandths(_ weight: Substring) -> Int {
        if weight.hasPrefix("1") { return 1000 }
        let digits = weight.drop { $0 != "." }.dropFirst().prefix(3)
        return Int(digits + String(repeating: "0", count: 3 - digits.count)) ?? 0
    }

    /// The text of this language.
    func callAsFunction(_ japanese: String, _ english: String) -> String { self == .japanese ? japanese : english }
}
