internal import HTML
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// Logging in and out. The password goes to the API's own log-in, so the same brakes and the same work apply.
struct LoginPages: Sendable {
    let hall: Hall

    var routes: [Route] {
        [
            Route(
                "GET", "/admin/login", "The log-in of operators", tag: "Pages", access: .everyone,
                answers: [.init(200, "The form.")], listed: false, door: hall.strangersDoor
            ) { context in
                form(context, back: context.query("return"), email: "", notice: Self.notice(context), status: 200)
            },
            Route(
                "POST", "/admin/login", "Logs an operator in", tag: "Pages", access: .everyone,
                bodyBytesMax: 8 << 10, repeats: .harmless, answers: [.init(303, "Logged in.")], listed: false,
                door: hall.strangersDoor, rateClass: .login, handler: logIn),
            hall.post("/admin/logout", "Logs out") { _ in
                var response = PageResponse.redirect("/admin/login?bye=1")
                response.headers.add("Set-Cookie", hall.cookie.forgetting)
                return response
            },
            hall.get("/admin/logout", "Where a log-out leads that came too late") { _ in
                PageResponse.redirect("/admin/login")
            },
        ]
    }

    private static func notice(_ context: RequestContext) -> Text? {
        if context.query("bye") != nil { return .loggedOut }
        return context.query("return") == nil ? nil : .sessionOver
    }

    @Sendable private func logIn(_ context: RequestContext) async throws -> HTTPResponse {
        let fields = Form(context.request)
        let email = fields["email"] ?? ""
        func again(_ notice: Text, status: Int) -> HTTPResponse {
            form(context, back: fields["return"], email: email, notice: notice, isBad: true, status: status)
        }
        let login: LoginResponse
        do {
            login = try LoginResponse(
                validated: await hall.api.send(
                    "POST", "/api/auth/login",
                    body: ["email": .string(email), "password": .string(fields["password"] ?? "")], context))
        } catch let problem as Problem where problem.status == 401 || problem.status == 400 {
            return again(.loginWrong, status: 401)
        } catch let problem as Problem where problem.status == 429 || problem.status == 503 {
            var response = again(.of(problem), status: problem.status)
            response.headers["Retry-After"] = problem.headers["Retry-After"]
            return response
        }
        let token = login.accessToken.secret
        let me = try UserResponse(
            validated: await hall.api.send("GET", "/api/me", "", nil, context, token: token).json)
        guard me.role == "operator" else { return again(.notOperator, status: 403) }
        let back = fields["return"].flatMap { ReturnPath(untrusted: $0) } ?? .start
        var response = PageResponse.redirect(back.text)
        response.headers.add("Set-Cookie", hall.cookie.keeping(token, seconds: login.expiresIn))
        return response
    }

    private func form(
        _ context: RequestContext, back: String?, email: String, notice: Text?, isBad: Bool = false, status: Int
    ) -> HTTPResponse {
        let language = Language(context.request.head)
        let back = back.flatMap { ReturnPath(untrusted: $0) }
        // A link from a mail or from Stripe brings no strict cookie along; a link of our own page does.
        let isVisitor = context.request.head.headers["Sec-Fetch-Site"] == "cross-site"
        return PageResponse.page(
            title: Text.logIn[language], status: status, language: language,
            [
                .element("h1", [:], [.text(Text.loginTitle[language])]),
                .group(
                    notice.map { text in
                        [
                            .element(
                                "p", ["class": isBad ? "notice bad" : "notice", "role": isBad ? "alert" : "status"],
                                [.text(text[language])])
                        ]
                    } ?? []),
                .element(
                    "form", ["method": "post", "action": "/admin/login", "class": "stack narrow"],
                    [
                        .group(back.map { [.hidden("return", $0.text)] } ?? []),
                        .field(
                            Text.email[language],
                            .element(
                                "input",
                                [
                                    "type": "email", "name": "email", "value": email, "autocomplete": "username",
                                    "maxlength": "254", "required": "",
                                ])),
                        .field(
                            Text.password[language],
                            .element(
                                "input",
                                [
                                    "type": "password", "name": "password", "autocomplete": "current-password",
                                    "maxlength": "200", "required": "",
                                ])),
                        .button(Text.logIn[language]),
                    ]),
                .group(isVisitor ? [.element("p", [:], [.link((back ?? .start).text, Text.goOn[language])])] : []),
            ])
    }
}

extension LocalAPI {
    fileprivate func send(
        _ method: String, _ path: String, body: JSONValue, _ context: RequestContext
    ) async throws -> JSONValue {
        try await send(method, path, "", body, context, token: nil).json
    }
}
