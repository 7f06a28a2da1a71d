internal import HTML
internal import PageKit

/// The pieces that pages are made of.
extension HTML {
    /// An id or another word of machines.
    static func code(_ text: String) -> HTML { .element("code", [:], [.text(text)]) }

    static func button(_ text: String, isGrave: Bool = false) -> HTML {
        .element("button", ["type": "submit", "class": isGrave ? "grave" : "main"], [.text(text)])
    }

    /// An input with its name above it.
    static func field(_ label: String, _ input: HTML, hint: String? = nil) -> HTML {
        .element(
            "label", [:],
            [
                .element("span", [:], [.text(label)]), input,
                .group(hint.map { [.element("small", [:], [.text($0)])] } ?? []),
            ])
    }

    static func textInput(_ name: String, _ value: String, numeric: Bool = false, max: Int = 200) -> HTML {
        .element(
            "input",
            [
                "type": "text", "name": name, "value": value, "maxlength": String(max),
                "inputmode": numeric ? "numeric" : nil,
            ])
    }

    /// A choice of words.
    static func choice(_ name: String, _ options: [(value: String, text: String)], chosen: String) -> HTML {
        .element(
            "select", ["name": name],
            options.map { value, text in
                .element(
                    "option", ["value": value, "selected": value == chosen ? "" : nil], [.text(text)])
            })
    }

    /// A form that does something: it proves where it comes from, and what is sent twice is done once.
    static func action(_ path: String, _ visit: Visit, class name: String = "stack", _ children: [HTML]) -> HTML {
        .element(
            "form", ["method": "post", "action": path, "class": name],
            [.hidden("form_token", visit.formToken), .hidden("form_key", visit.formKey)] + children)
    }

    /// A form that looks for something.
    static func search(_ path: String, _ children: [HTML]) -> HTML {
        .element("form", ["method": "get", "action": path, "class": "search"], children)
    }

    /// A table whose rows become cards on a phone.
    static func table(_ headers: [String], _ rows: [[HTML]], numbers: Set<Int> = []) -> HTML {
        .element(
            "table", [:],
            [
                .element(
                    "thead", [:],
                    [
                        .element(
                            "tr", [:],
                            headers.indices.map { column in
                                .element(
                                    "th",
                                    ["scope": "col", "class": numbers.contains(column) ? "number" : nil],
                                    [.text(headers[column])])
                            })
                    ]),
                .element(
                    "tbody", [:],
                    rows.map { row in
                        .element(
                            "tr", [:],
                            row.indices.map { column in
                                let isEmpty = row[column].markup == HTML.none.markup
                                let name = isEmpty ? "number none" : "number"
                                return .element(
                                    "td",
                                    [
                                        "data-label": headers[column],
                                        "class": numbers.contains(column) ? name : isEmpty ? "none" : nil,
                                    ], [.element("span", [:], [row[column]])])
                            })
                    }),
            ])
    }

    /// Facts by their names.
    static func facts(_ facts: [(name: String, value: HTML)]) -> HTML {
        .element(
            "dl", [:],
            facts.map { name, value in
                .element("div", [:], [.element("dt", [:], [.text(name)]), .element("dd", [:], [value])])
            })
    }
}
