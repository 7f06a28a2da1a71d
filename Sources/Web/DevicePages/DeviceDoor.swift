internal import HTML
internal import HTTP
internal import PageKit

/// The door of the device's page: nobody logs in, forms come from the page itself, and a refusal is a page with what to do
/// and a number to ask about (S4-ERR-01).
struct DeviceDoor: PageDoor {
    let origin: PublicOrigin
    let face: PageFace

    func token(of request: HTTPRequest) -> String? { nil }

    func requireOwnForm(_ request: HTTPRequest) throws(Problem) {
        guard request.head.method != "POST" || origin.sent(request.head) else { throw .foreignForm }
    }

    func page(of problem: Problem, for request: HTTPRequest) -> HTTPResponse {
        let language = Language(request.head)
        var response = face.page(
            title: Text.problemTitle[language], status: problem.status, language: language,
            [
                .title(Text.problemTitle[language]),
                NoticeView(notice: Notice(.of(problem), tone: .bad, problem: problem), language: language).html,
                .quiet("\(problem.status) \(problem.code)\u{3000}\(request.head.requestID)"),
                .element(
                    "p", [:], [.element("a", ["href": DevicePages.path, "id": "back"], [.text(Text.back[language])])]),
            ])
        for (name, value) in problem.headers.all { response.headers[name] = value }
        return response
    }
}

extension Problem {
    static let foreignForm = Problem(
        status: 403, code: "form_not_valid", detail: "The form does not come from this page; nothing was done.")
    static let cookiesMissing = Problem(
        status: 400, code: "device_unknown", detail: "The browser sent no device; it must accept cookies.")
}
