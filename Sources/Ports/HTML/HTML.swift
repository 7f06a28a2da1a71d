/// A piece of a page. Text is escaped by construction: there is no way to put in markup but by elements.
public struct HTML: Sendable, ExpressibleByStringInterpolation {
    /// The markup.
    public let markup: String

    private init(markup: String) { self.markup = markup }

    /// Text.
    public init(stringLiteral value: String) { markup = Self.escape(value) }

    /// Text.
    public static func text(_ text: String) -> HTML { HTML(markup: escape(text)) }

    /// Pieces one after the other.
    public static func group(_ pieces: [HTML]) -> HTML { HTML(markup: pieces.map(\.markup).joined()) }

    /// An element. Attribute values are escaped, and attributes without a value are left out, so that
    /// `"selected": isChosen ? "" : nil` is there or not; names must be plain words of the program's own.
    public static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ children: [HTML] = []
    ) -> HTML {
        var markup = "<\(name)"
        for (attribute, value) in attributes {
            if let value { markup += " \(attribute)=\"\(escape(value))\"" }
        }
        markup += ">"
        if voids.contains("\(name)") { return HTML(markup: markup) }
        return HTML(markup: markup + children.map(\.markup).joined() + "</\(name)>")
    }

    /// A whole page.
    public static func page(title: String, language: String = "ja", style: StaticString, _ body: [HTML]) -> String {
        let head = HTML.element(
            "head", [:],
            [
                .element("meta", ["charset": "utf-8"]),
                .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                .element("title", [:], [.text(title)]), HTML(markup: "<style>\(style)</style>"),
            ])
        let page = HTML.element("html", ["lang": language], [head, .element("body", [:], body)])
        return "<!doctype html>\n" + page.markup + "\n"
    }

    private static let voids: Set<String> = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    ]

    private static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
