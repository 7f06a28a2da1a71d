internal import HTML
internal import HTTP
internal import PageKit

/// The door of the pages: the cookie, the forms, and what a refusal looks like.
struct AdminDoor: PageDoor {
    let cookie: SessionCookie
    let origin: PublicOrigin
    /// Whether a form must prove that it comes from a page of the session; only the log-in cannot.
    let asksForFormToken: Bool

    func token(of request: HTTPRequest) -> String? { cookie.token(of: request) }

    func requireOwnForm(_ request: HTTPRequest) throws(Problem) {
        guard request.head.method == "POST" else { return }
        guard origin.sent(request.head) else { throw .forgedForm }
        guard asksForFormToken else { return }
        guard let session = token(of: request), let sent = Form(request)["form_token"],
            FormToken.isGood(sent, session: session)
        else { throw .forgedForm }
    }

    func page(of problem: Problem, for request: HTTPRequest) -> HTTPResponse {
        let language = Language(request.head)
        if problem.status == 401 {
            let back = ReturnPath(of: request.head).map { "?return=" + PercentCoding.encode($0.text) } ?? ""
            var response = PageResponse.redirect("/admin/login\(back)")
            // A token that is not good any more is of no use to anybody.
            if token(of: request) != nil { response.headers.add("Set-Cookie", cookie.forgetting) }
            return response
        }
        // A form's own page tells what can be done now; from any other page the way leads to the start.
        let back = request.head.method == "POST" ? ReturnPath(of: request.head) : nil
        var response = PageResponse.page(
            title: Text.problem[language], status: problem.status, language: language,
            [
                .element("h1", [:], [.text(Text.problem[language])]),
                .element("p", ["class": "notice bad", "role": "alert"], [.text(Text.of(problem)[language])]),
                .element(
                    "p", ["class": "quiet"],
                    [.text("\(problem.status) \(problem.code)\u{3000}\(request.head.requestID)")]),
                .element(
                    "p", [:],
                    [
                        .link((back ?? .start).text, Text.back[language]), " ",
                        problem.code == "not_allowed" ? .link("/admin/login", Text.logIn[language]) : .group([]),
                    ]),
            ])
        for (name, value) in problem.headers.all where name != "WWW-Authenticate" { response.headers[name] = value }
        return response
    }
}

extension Problem {
    static let forgedForm = Problem(
        status: 403, code: "form_not_valid",
        detail: "The form does not come from a page of this session; nothing was done. Open the page again.")
    static let formWithoutKey = Problem(
        status: 400, code: "form_key_missing",
        detail: "The form has no key of its own; nothing was done. Open the page again.")
}
