internal import Crypto
internal import HTML
internal import HTTP

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
        guardHeaders(&response)
        return response
    }

    /// A file to keep.
    static func file(_ name: StaticString, mediaType: String, _ body: [UInt8]) -> HTTPResponse {
        var response = HTTPResponse(
            status: 200,
            headers: ["Content-Type": mediaType, "Content-Disposition": "attachment; filename=\"\(name)\""], body: body)
        guardHeaders(&response)
        return response
    }

    private static func html(title: String, status: Int, language: Language, _ body: [HTML]) -> HTTPResponse {
        var response = HTTPResponse.html(
            HTML.page(
                title: "\(title) · Kessai 決済", language: language.rawValue, style: PageSheet.text, body),
            status: status)
        guardHeaders(&response)
        return response
    }

    private static func guardHeaders(_ response: inout HTTPResponse) {
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Vary"] = "Accept-Language, Cookie"
    }

    private static let policy: String = {
        let digest = Base64URL.encode(Digest.sha256(Array("\(PageSheet.text)".utf8)))
        let hash = digest.replacing("-", with: "+").replacing("_", with: "/") + "="
        return "default-src 'none'; style-src 'sha256-\(hash)'; form-action 'self'; base-uri 'none'; "
            + "frame-ancestors 'none'"
    }()
}
