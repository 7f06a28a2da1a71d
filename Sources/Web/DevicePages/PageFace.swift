internal import HTML
internal import HTTP
internal import PageKit

/// Answers of the device's page.
struct PageFace: Sendable {
    private let shield: PageGuard

    init(formTargets: [String]) { shield = PageGuard(sheet: DeviceSheet.text, formTargets: formTargets) }

    /// A page; it loads itself again after `againSeconds`, without any script.
    func page(
        title: String, status: Int = 200, language: Language, againSeconds: Int? = nil, _ body: [HTML]
    ) -> HTTPResponse {
        var response = HTTPResponse.html(
            HTML.page(
                title: "\(title) · Timekeeper", language: language.rawValue, style: DeviceSheet.text,
                [.element("main", [:], [.element("p", ["class": "app"], ["Timekeeper"])] + body)]),
            status: status)
        shield.apply(to: &response)
        if let againSeconds { response.headers["Refresh"] = "\(againSeconds); url=\(DevicePages.path)" }
        return response
    }

    func redirect(_ location: String) -> HTTPResponse {
        var response = HTTPResponse(status: 303, headers: ["Location": location])
        shield.apply(to: &response)
        return response
    }
}

/// How a notice looks.
struct NoticeView {
    let notice: Notice
    let language: Language

    var html: HTML {
        .element(
            "div",
            [
                "class": "notice \(notice.tone.rawValue)", "id": "notice",
                "role": notice.tone == .bad ? "alert" : "status",
            ],
            [
                .element("p", [:], [.text(notice.text[language])]),
                .group(notice.reference.map { [.reference($0, language)] } ?? []),
                .group(notice.problem.map { Text.needsDetail($0) ? [.quiet($0.detail)] : [] } ?? []),
                .group(
                    notice.againSeconds.map { seconds in
                        [
                            .quiet(Text.again(seconds)[language]),
                            .element(
                                "p", [:],
                                [
                                    .element(
                                        "a", ["href": DevicePages.path, "id": "check"], [.text(Text.check[language])])
                                ]),
                        ]
                    } ?? []),
            ])
    }
}

extension HTML {
    /// The number to ask about.
    static func reference(_ number: Int64, _ language: Language) -> HTML {
        .element(
            "p", ["class": "reference"],
            [.text(Text.reference[language]), " ", .element("strong", [:], [.text("\(number)")])])
    }
}
