internal import Crypto
public import HTTP
internal import JSON

/// The pages for people.
public enum PageRoutes {
    /// `/`, `/docs` and `/openapi.json` of an application that serves `routes`; the start page links `guests` too.
    public static func routes(
        describing routes: [Route], guests: [(path: String, what: String)] = [], version: String
    ) -> [Route] {
        let start = StartPage.render(
            links: guests + [
                ("/admin", "管理画面 / the operators' screen"),
                ("/docs", "API リファレンス / the API for people"),
                ("/openapi.json", "OpenAPI 3.1"),
                ("/api/products", "商品一覧 / what is sold, as JSON"),
                ("/healthz", "稼働確認 / whether it is alive"),
                ("/readyz", "準備完了 / whether it can serve"),
            ])
        let sheet = Digest.sha256Base64(Array("\(PageStyle.sheet)".utf8))
        let policy = SecurityHeaders.policy(sheetSHA256: sheet, formTargets: [])
        @Sendable func page(_ text: String) -> HTTPResponse {
            var response = HTTPResponse.html(text)
            response.headers["Content-Security-Policy"] = policy
            return response
        }
        return [
            route("/", "The start page") { page(start) },
            route("/docs", "The reference") { page(ReferencePage.render(routes: routes, version: version)) },
            route("/openapi.json", "The OpenAPI document") {
                let document = OpenAPIDocument.make(
                    routes: routes, title: "Kessai", version: version,
                    description: "A payments server for small teams who sell with Stripe.")
                return HTTPResponse(
                    status: 200, headers: ["Content-Type": "application/json"], body: document.bytes())
            },
        ]
    }

    /// The same for everybody until the next start, so caches may keep it for a while.
    private static func route(
        _ path: String, _ summary: String, _ answer: @escaping @Sendable () -> HTTPResponse
    ) -> Route {
        let whole = Once {
            var answer = answer()
            answer.headers["Cache-Control"] = "public, max-age=60"
            SecurityHeaders.fill(&answer)
            return answer
        }
        return Route(
            "GET", path, summary, tag: "Pages", access: .everyone, answers: [.init(200, summary)], listed: false,
            isFixed: true
        ) { _ in whole.value }
    }
}
