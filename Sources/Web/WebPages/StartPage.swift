internal import HTML

/// The page at `/`: what this is, and where to go.
enum StartPage {
    static func render(links: [(path: String, what: String)]) -> String {
        HTML.page(
            title: "Kessai 決済", style: PageStyle.sheet,
            [
                .element("h1", [:], ["Kessai 決済"]),
                .element(
                    "p", ["class": "lead"],
                    ["Stripe で販売する小さなチームのための決済サーバー / A payments server for small teams who sell with Stripe."]),
                .element(
                    "table", [:],
                    links.map { link in
                        .element(
                            "tr", [:],
                            [
                                .element("td", [:], [.element("a", ["href": link.path], [.text(link.path)])]),
                                .element("td", [:], [.text(link.what)]),
                            ])
                    }),
            ])
    }
}
