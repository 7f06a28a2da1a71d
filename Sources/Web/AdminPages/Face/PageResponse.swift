internal import HTML
internal import HTTP
internal import PageKit

/// Answers of the pages: never cached, and nothing runs or loads in them but the one sheet, which is named by its hash.
enum PageResponse {
    /// A page without the navigation.
    static func page(title: String, status: Int = 200, language: Language, _ body: [HTML]) -> HTTPResponse {
        html(title: title, status: status, language: language, [.element("main", ["class": "alone"], body)])
    }

    /// A page of an operator, with the navigation above it.
    static func page(_ visit: Visit, title: Text, status: Int = 200, _ body: [HTML]) -> HTTPResponse {
        page(visit, title: visit[title], at: title, status: status, body)
    }

    /// A page of an operator below one of the navigation's.
    static func page(
        _ visit: Visit, title: String, at place: Text, status: Int = 200, _ body: [HTML]
    ) -> HTTPResponse {
        html(
            title: title, status: status, language: visit.language,
            [Navigation.bar(visit, at: place), .element("main", [:], [Navigation.notice(visit)] + body)])
    }

    /// To another page of ours; a form ends so, so that a reload does not send it again.
    static func redirect(_ path: String) -> HTTPResponse {
        var response = HTTPResponse(status: 303, headers: ["Location": path])
        shield.apply(to: &response)
        return response
    }

    /// A file to keep.
    static func file(_ name: StaticString, mediaType: String, _ body: [UInt8]) -> HTTPResponse {
        var response = HTTPResponse(
            status: 200,
            headers: ["Content-Type": mediaType, "Content-Disposition": "attachment; filename=\"\(name)\""], body: body)
        shield.apply(to: &response)
        return response
    }

    private static func html(title: String, status: Int, language: Language, _ body: [HTML]) -> HTTPResponse {
        var response = HTTPResponse.html(
            HTML.page(
                title: "\(title) · Kessai 決済", language: language.rawValue, style: PageSheet.text, body),
            status: status)
        shield.apply(to: &response)
        return response
    }

    private static let shield = PageGuard(sheet: PageSheet.text)
}
