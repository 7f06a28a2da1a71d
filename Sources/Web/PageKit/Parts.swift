public import HTML
internal import Kernel
public import KessaiAPI

/// Pieces that all pages are made of.
extension HTML {
    /// A link.
    public static func link(_ path: String, _ text: String) -> HTML { .element("a", ["href": path], [.text(text)]) }

    /// The page's headline.
    public static func title(_ text: String) -> HTML { .element("h1", [:], [.text(text)]) }

    /// A headline within the page.
    public static func heading(_ text: String) -> HTML { .element("h2", [:], [.text(text)]) }

    /// A remark.
    public static func quiet(_ text: String) -> HTML { .element("p", ["class": "quiet"], [.text(text)]) }

    /// A field of a form that nobody sees.
    public static func hidden(_ name: String, _ value: String) -> HTML {
        .element("input", ["type": "hidden", "name": name, "value": value])
    }

    /// `¥1,234`.
    public static func money(_ amount: MoneyDTO) -> HTML {
        .element("span", ["class": "money"], [.text(amount.text)])
    }
}

extension MoneyDTO {
    /// `¥1,234`.
    public var text: String { money?.description ?? "\(amount) \(currency)" }
}
