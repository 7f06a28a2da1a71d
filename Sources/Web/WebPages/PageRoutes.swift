public import HTTP
internal import JSON

/// The pages for people.
public enum PageRoutes {
    /// `/`, `/docs` and `/openapi.json` of an application that serves `routes`; the start page links `guests` too.
    public static func routes(
        describing routes: [Route], guests: [(path: String, what: String)] = [], version: String
    ) -> [Route] {
        let reference = Once { Array(ReferencePage.render(routes: routes, version: version).utf8) }
        let openAPI = Once {
            OpenAPIDocument.make(
                routes: routes, title: "Kessai", version: version,
                description: "A payments server for small teams who sell with Stripe."
            ).bytes()
        }
        let start = StartPage.render(
            links: guests + [
                ("/admin", "管理画面 / the operators' screen"),
                ("/docs", "API リファレンス / the API for people"),
                ("/openapi.json", "OpenAPI 3.1"),
                ("/api/products", "商品一覧 / what is sold, as JSON"),
                ("/healthz", "稼働確認 / whether it is alive"),
                ("/readyz", "準備完了 / whether it can serve"),
            ])
        return [
            page("/", "The start page") { .html(start) },
            page("/docs", "The reference") {
                HTTPResponse(status: 200, headers: ["Content-Type": "text/html; charset=utf-8"], body: reference.value)
            },
            page("/openapi.json", "The OpenAPI document") {
                HTTPResponse(status: 200, headers: ["Content-Type": "application/json"], body: openAPI.value)
            },
        ]
    }

    private static func page(
        _ path: String, _ summary: String, _ answer: @escaping @Sendable () -> HTTPResponse
    ) -> Route {
        Route(
            "GET", path, summary, tag: "Pages", access: .everyone, answers: [.init(200, summary)], listed: false
        ) { _ in
            var response = answer()
            response.headers["Content-Security-Policy"] =
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response
        }
    }
}
