internal import HTML
internal import PageKit

/// What stands above every page of an operator.
enum Navigation {
    private static let places: [(path: String, name: Text)] = [
        ("/admin/orders", .orders), ("/admin/payments", .payments), ("/admin/reviews", .reviews),
        ("/admin/dead-letters", .deadLetters), ("/admin/products", .products),
    ]

    static func bar(_ visit: Visit, at place: Text) -> HTML {
        .element(
            "header", [:],
            [
                .element("a", ["href": "/admin", "class": "brand"], ["Kessai 決済"]),
                .element(
                    "nav", ["aria-label": visit[.navigation]],
                    places.map { path, name in
                        .element(
                            "a", ["href": path, "aria-current": name == place ? "page" : nil],
                            [.text(visit[name])])
                    }),
                .element(
                    "form", ["method": "post", "action": "/admin/logout"],
                    [
                        .hidden("form_token", visit.formToken),
                        .element("button", ["type": "submit", "class": "plain"], [.text(visit[.logOut])]),
                    ]),
            ])
    }

    /// What the form did that led here; the query names one of our own sentences and brings no text.
    static func notice(_ visit: Visit) -> HTML {
        guard let done = visit.query("done"), let text = Text.done[done] else { return .group([]) }
        return .element("p", ["class": "notice good", "role": "status"], [.text(visit[text])])
    }
}
