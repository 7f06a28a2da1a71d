public import HTTP

/// The pages' languages. The browser chooses by `Accept-Language`; Japanese where it asks for neither.
public enum Language: String, Sendable {
    /// Japanese.
    case ja
    /// English.
    case en

    /// The one that the browser likes best.
    public init(_ head: HTTPRequestHead) {
        var best: (language: Language, weight: Double) = (.ja, 0)
        for part in head.headers.values("Accept-Language").flatMap({ $0.split(separator: ",") }).prefix(20) {
            let pieces = part.split(separator: ";")
            let tag = (pieces.first ?? "").drop { $0 == " " }.lowercased()
            guard let language = Language(rawValue: String(tag.prefix { $0 != "-" && $0 != " " })) else { continue }
            let weight =
                pieces.dropFirst().first { $0.contains("q=") }
                .flatMap { Double($0.drop { $0 != "=" }.dropFirst().filter { $0 != " " }) } ?? 1
            // Of equal ones the first, as browsers list them in the order of preference.
            if weight > best.weight { best = (language, weight) }
        }
        self = best.language
    }
}

/// A text in each of the pages' languages.
public struct Text: Sendable, Hashable {
    private let ja: String
    private let en: String

    /// A text in Japanese and English.
    public init(_ ja: String, _ en: String) {
        self.ja = ja
        self.en = en
    }

    /// The text of a language.
    public subscript(_ language: Language) -> String { language == .ja ? ja : en }
}
