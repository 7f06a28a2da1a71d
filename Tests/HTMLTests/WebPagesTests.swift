import HTTP
import JSON
import Kernel
import Testing
import WebPages

@Suite struct WebPagesTests {
    private static let thing = Schema.object([
        .required("name", .described(.string(), "A name.")), .required("count", .integer(1...9)),
        .required("kind", .oneOf(["a", "b"])), .optional("tags", .array(.string())),
        .optional("metadata", .dictionary(.boolean)), .optional("at", .nullable(.time)),
        .optional("price", .money), .optional("which", .either([.uuid, .integer()])), .optional("more", .any),
    ])
    private let router: Router

    init() {
        let listed = Route(
            "POST", "/api/things/{id}", "Makes <things>", tag: "Things & more", access: .authenticated,
            queries: [.init("limit", .integer())], body: Self.thing, answers: [.init(201, "Made.", Self.thing)]
        ) { _ in HTTPResponse(status: 201) }
        let hidden = Route("GET", "/hidden", "Hidden", tag: "Hidden", access: .everyone, answers: [], listed: false) {
            _ in HTTPResponse(status: 200)
        }
        let signed = Route("POST", "/hook", "Hook", tag: "Hooks", access: .signature, repeats: .harmless, answers: []) {
            _ in HTTPResponse(status: 200)
        }
        let routes = [listed, hidden, signed]
        router = Router(
            routes: routes + PageRoutes.routes(describing: routes, version: "1.2<3"), authenticator: nil, log: .silent)
    }

    @Test(arguments: [
        ("/", "text/html; charset=utf-8"), ("/docs", "text/html; charset=utf-8"),
        ("/docs/", "text/html; charset=utf-8"),
        ("/openapi.json", "application/json"),
    ])
    func `a page answers everybody and lets nothing else in`(path: String, mediaType: String) async {
        let answer = await router.respond(to: HTTPRequest("GET", path))
        #expect(answer.status == 200)
        #expect(!answer.body.isEmpty)
        #expect(answer.headers["Content-Type"] == mediaType)
        #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
        let policy = answer.headers["Content-Security-Policy"] ?? ""
        #expect(policy.hasPrefix("default-src 'none';"))
        #expect(policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("script-src"))
    }

    @Test func `the reference shows listed routes, escaped, and no others`() async {
        let page = String(decoding: await router.respond(to: HTTPRequest("GET", "/docs")).body, as: UTF8.self)
        for text in [
            "1.2&lt;3", "/api/things/{id}", "Makes &lt;things&gt;", "Things &amp; more", "Idempotency-Key", "limit",
            "For: buyer, operator, with a bearer token.", "prove themselves by their signature",
        ] { #expect(page.contains(text), "\(text)") }
        #expect(!page.contains("/hidden"))
        #expect(!page.contains("<things>"))
    }

    @Test func `the reference shows a JSON of every kind of schema`() async {
        let page = String(decoding: await router.respond(to: HTTPRequest("GET", "/docs")).body, as: UTF8.self)
        let example: JSONValue = [
            "name": "text", "count": 0, "kind": "a | b", "tags": ["text"], "metadata": ["name": true],
            "at": "date-time", "price": ["amount": 0, "currency": "text"], "which": "uuid", "more": [:],
        ]
        #expect(page.contains(example.text(pretty: true).replacing("\"", with: "&quot;")))
    }

    @Test func `the document lists what is listed`() async throws {
        let document = try JSONValue(parsing: await router.respond(to: HTTPRequest("GET", "/openapi.json")).body)
        #expect(document["openapi"] == "3.1.0")
        #expect(document["info"]?["version"] == "1.2<3")
        #expect(document["paths"]?.object?.names == ["/api/things/{id}", "/hook"])
    }
}
