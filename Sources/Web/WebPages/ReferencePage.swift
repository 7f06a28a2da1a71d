internal import HTML
internal import HTTP
internal import Identity
internal import JSON

/// The page at `/docs`: every listed route, from the same declarations that serve.
enum ReferencePage {
    static func render(routes: [Route], version: String) -> String {
        let listed = routes.filter(\.listed)
        var tags: [String] = []
        for route in listed where !tags.contains(route.tag) { tags.append(route.tag) }
        return HTML.page(
            title: "Kessai API", language: "en", style: PageStyle.sheet,
            [
                .element("h1", [:], ["Kessai API"]),
                .element(
                    "p", ["class": "lead"],
                    [
                        "Version \(version). The same as ", .element("a", ["href": "/openapi.json"], ["/openapi.json"]),
                        ", for people.",
                    ]),
                .group(
                    tags.map { tag in
                        .group(
                            [.element("h2", [:], [.text(tag)])]
                                + listed.filter { $0.tag == tag }.map(card))
                    }),
            ])
    }

    private static func card(_ route: Route) -> HTML {
        var parts: [HTML] = [.element("p", ["class": "note"], [.text(access(route.access))])]
        if !route.queries.isEmpty {
            let names = route.queries.map(\.name).joined(separator: ", ")
            parts.append(.element("p", [:], ["Query: ", .element("code", [:], [.text(names)])]))
        }
        if route.method == "POST", case .storedAnswer = route.repeats {
            parts.append(
                .element(
                    "p", ["class": "note"],
                    ["Takes an Idempotency-Key: a repeat with the same key and body returns the first answer."]))
        }
        if let body = route.body {
            parts.append(.element("p", [:], ["Body"]))
            parts.append(schema(body))
        }
        for answer in route.answers {
            parts.append(
                .element("p", [:], [.element("strong", [:], [.text("\(answer.status)")]), .text(" \(answer.meaning)")]))
            if let body = answer.schema { parts.append(schema(body)) }
        }
        return .element(
            "details", ["class": "card"],
            [
                .element(
                    "summary", [:],
                    [
                        .element("span", ["class": "method"], [.text(route.method)]),
                        .element("span", ["class": "path"], [.text(route.path)]),
                        .element("span", ["class": "note"], [.text(route.summary)]),
                    ]),
                .element("div", [:], parts),
            ])
    }

    private static func access(_ access: Access) -> String {
        switch access {
        case .everyone: "For everybody."
        case .signature: "For messages that prove themselves by their signature."
        case .roles(let roles):
            "For: " + roles.map(\.rawValue).sorted().joined(separator: ", ") + ", with a bearer token."
        }
    }

    private static func schema(_ schema: Schema) -> HTML {
        .element("pre", [:], [.text(example(schema).text(pretty: true))])
    }

    /// The schema as a JSON that shows its kinds.
    static func example(_ schema: Schema) -> JSONValue {
        switch schema {
        case .named(_, let inner), .described(let inner, _): example(inner)
        case .nullable(let inner): example(inner)
        case .string(_, _, let format): .string(format?.rawValue ?? "text")
        case .word: "text"
        case .oneOf(let words): .string(words.joined(separator: " | "))
        case .integer: 0
        case .boolean: true
        case .array(let element, _): [example(element)]
        case .dictionary(let element): ["name": example(element)]
        case .either(let schemas): schemas.first.map(example) ?? .null
        case .any: [:]
        case .object(let properties): .object(JSONObject(properties.map { ($0.name, example($0.schema)) }))
        }
    }
}
