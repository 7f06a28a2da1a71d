import HTTP
import Testing

@Suite struct HeaderTests {
    private static let expected = [
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"), ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("Cache-Control", "no-store"),
    ]
    private let standing = Standing(
        [
            .says("GET", "/plain"), .says("GET", "/mine", access: .authenticated),
            .says(
                "GET", "/own", headers: ["cache-control": "public, max-age=60", "Content-Security-Policy": "sandbox"]),
            Route("GET", "/fault", "Fails.", tag: "Test", access: .everyone, answers: []) { _ in throw Standing.Forged()
            },
        ], origins: ["https://shop.example.com"])

    @Test(arguments: [
        ("GET", "/plain", 200), ("HEAD", "/plain", 200), ("GET", "/mine", 401), ("GET", "/fault", 400),
        ("GET", "/nowhere", 404), ("PUT", "/plain", 405), ("GET", "/%zz", 400), ("OPTIONS", "/plain", 204),
    ])
    func `every answer carries them, whoever made it`(method: String, path: String, status: Int) async {
        let asking: HTTPHeaders =
            method == "OPTIONS"
            ? ["Origin": "https://shop.example.com", "Access-Control-Request-Method": "GET"] : [:]
        let answer = await standing.answer(method, path, asking).response
        #expect(answer.status == status)
        for (name, value) in Self.expected { #expect(answer.headers.values(name) == [value], "\(name)") }
    }

    @Test func `what an answer says for itself stays`() async {
        let answer = await standing.answer("GET", "/own").response
        #expect(answer.headers.values("Cache-Control") == ["public, max-age=60"])
        #expect(answer.headers.values("Content-Security-Policy") == ["sandbox"])
        #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
    }

    @Test func `the policy of a page names its sheet and where its forms may lead`() {
        let (sheet, rest) = ("default-src 'none'; style-src 'sha256-abc='; ", "base-uri 'none'; frame-ancestors 'none'")
        #expect(SecurityHeaders.policy(sheetSHA256: "abc=", formTargets: nil) == sheet + rest)
        #expect(SecurityHeaders.policy(sheetSHA256: "abc=", formTargets: []) == sheet + "form-action 'none'; " + rest)
        #expect(
            SecurityHeaders.policy(sheetSHA256: "abc=", formTargets: ["'self'", "https://a.example"])
                == sheet + "form-action 'self' https://a.example; " + rest)
    }
}
