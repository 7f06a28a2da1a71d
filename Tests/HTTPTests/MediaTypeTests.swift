import HTTP
import JSON
import Testing

/// What may stand in `Content-Type` and `Content-Encoding` of a request that takes JSON.
@Suite struct MediaTypeTests {
    private let routed = Routed([
        .echo("POST", "/json", body: .object([.required("a", .integer())])), .echo("POST", "/raw", bodyBytesMax: 20),
        .echo("POST", "/nothing"),
    ])

    private func answer(_ headers: HTTPHeaders, to path: String = "/json") async throws -> Answered {
        try await routed.answer("POST", path, headers: headers, body: path == "/nothing" ? "" : #"{"a":1}"#)
    }

    @Test(arguments: [
        "application/json", "application/json;", "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "application/json ; CHARSET = utf-8", "application/json;x=\"a;charset=utf-16\"", "application/json; charset",
        "application/json; =; ;;", "application/json; x=\"\\\"\"", "application/json;version=1;charset=utf-8;q=0.9",
        "\tapplication/json",
    ])
    func `JSON may say what else it likes, as long as it is UTF-8`(type: String) async throws {
        #expect(try await answer(["Content-Type": type]).status == 200)
    }

    @Test(arguments: [
        "application/json; charset=utf-16", "application/json;charset=\"Shift_JIS\"", "application/json; charset=",
        "application/json;charset=utf-8;charset=utf-16", "application/json; charset=\"utf-8",
        "application/json, text/plain", "application/json; x=\"", "application/json; x=\"\\", "application /json",
        "application/problem+json", "application/json/x", "*/*", ";application/json", "application\\json",
    ])
    func `anything else is 415`(type: String) async throws {
        let answered = try await answer(["Content-Type": type])
        #expect(answered.status == 415)
        #expect(answered.code == "media_type_not_supported")
    }

    @Test func `two media types are none`() async throws {
        let fields = HTTPHeaders([("Content-Type", "application/json"), ("content-type", "application/json")])
        #expect(try await answer(fields).code == "media_type_not_supported")
    }

    @Test(arguments: ["gzip", "GZIP", "br", "identity, gzip", "", "x"])
    func `a body that is coded is 415, not broken JSON`(coding: String) async throws {
        let answered = try await answer(["Content-Type": "application/json", "Content-Encoding": coding])
        #expect(answered.status == 415)
        #expect(answered.code == "coding_not_supported")
    }

    @Test func `identity is no coding`() async throws {
        #expect(try await answer(["Content-Type": "application/json", "Content-Encoding": "Identity"]).status == 200)
    }

    @Test(arguments: ["/raw", "/nothing"]) func `routes without JSON do not ask`(path: String) async throws {
        let headers = HTTPHeaders([("Content-Type", "text/plain; charset=utf-16"), ("Content-Encoding", "gzip")])
        #expect(try await answer(headers, to: path).status == 200)
    }
}
