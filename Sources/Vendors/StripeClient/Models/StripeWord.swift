/// A word of one of Stripe's lists, which may grow: a word that is not known yet is kept as it came.
public protocol StripeWord: Hashable, Sendable, CustomStringConvertible {
    /// The words that this client knows.
    static var known: [Self] { get }
    /// A word that it does not know.
    static func unknown(_ word: String) -> Self
    /// The word as Stripe spells it.
    var word: String { get }
}

extension StripeWord {
    /// The meaning of a word.
    public init(_ word: String) { self = Self.known.first { $0.word == word } ?? .unknown(word) }

    /// The word as Stripe spells it.
    public var description: String { word }
}
