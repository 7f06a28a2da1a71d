import HTTP
import JSON
import Kernel
import Testing

@Suite struct InputTests {
    private static let order = Schema.object([
        .required("count", .integer(1...9)),
        .required("items", .array(.object([.required("sku", .string(length: 1...3))]))),
        .optional("note", .nullable(.string(multiline: true))),
        .optional("metadata", .dictionary(.string(length: 0...3))),
        .optional("contact", .either([.string(format: .email), .integer()])),
    ])
    private let routed = Routed([
        .echo("POST", "/orders", body: order),
        .echo(
            "GET", "/orders",
            queries: [
                .init("limit", .described(.integer(1...100), "How many.")), .init("q", .string(length: 1...10)),
                .init("open", .boolean), .init("state", .oneOf(["paid", "pending"])), .init("from", Schema.time),
            ]),
        .echo("GET", "/page", listed: false), .echo("POST", "/closed", access: .authenticated, body: order),
        .echo("POST", "/raw", bodyBytesMax: 4),
    ])
    private let asJSON: HTTPHeaders = ["Content-Type": "application/json"]

    @Test(arguments: [
        "application/json", "application/json; charset=utf-8", "Application/JSON ;x=y", " application/json",
    ])
    func `a body of JSON is taken`(type: String) async throws {
        let body = #"{"count":2,"items":[{"sku":"abc"}],"note":null,"metadata":{"a":"b"},"contact":7}"#
        let answered = try await routed.answer("POST", "/orders", headers: ["Content-Type": type], body: body)
        #expect(answered.status == 200)
        #expect(answered.json["body"] == (try JSONValue(parsing: body)))
    }

    @Test(arguments: [
        "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data",
    ])
    func `a body of something else is 415`(type: String) async throws {
        let answered = try await routed.answer("POST", "/orders", headers: ["Content-Type": type], body: "{}")
        #expect(answered.status == 415)
        #expect(answered.code == "media_type_not_supported")
    }

    @Test(arguments: [
        ("", "is not strict JSON (line 1, column 1): it is empty"),
        ("{\"count\":1,\n\"count\":2}", "is not strict JSON (line 2, column 11): it has one name twice in an object"),
        (String(repeating: "[", count: 65), "is nested deeper than 64 levels"),
    ])
    func `why a body is no JSON is told`(body: String, detail: String) async throws {
        let answered = try await routed.answer("POST", "/orders", headers: asJSON, body: body)
        #expect(answered.status == 400)
        #expect(answered.json["errors"] == [["field": "", "code": "malformed", "detail": .string(detail)]])
    }

    @Test(arguments: [
        ("", " malformed"), ("{", " malformed"), ("{\"count\":1,\"count\":1}", " malformed"), ("{} x", " malformed"),
        ("{\"count\":99999999999999999999}", " malformed"), ("\u{feff}{}", " malformed"), ("'a'", " malformed"),
        (String(repeating: "[", count: 65) + String(repeating: "]", count: 65), " malformed"), ("[]", " wrong_type"),
        ("null", " wrong_type"), ("{}", "count missing"), (#"{"count":0,"items":[]}"#, "count out_of_range"),
        (#"{"count":"1","items":[]}"#, "count wrong_type"), (#"{"count":1.0,"items":[]}"#, "count wrong_type"),
        (#"{"count":1,"items":[{"sku":"abcd"}]}"#, "items[0].sku too_long"),
        (#"{"count":1,"items":[{"sku":""}]}"#, "items[0].sku too_short"),
        (#"{"count":1,"items":[{"sku":"a\u0000"}]}"#, "items[0].sku malformed"),
        (#"{"count":1,"items":[{}]}"#, "items[0].sku missing"), (#"{"count":1,"items":[],"x":1}"#, "x unknown"),
        (#"{"count":1,"items":[],"a b":1}"#, "? unknown"),
        (#"{"count":1,"items":[],"metadata":{"a b":"long"}}"#, "metadata.? too_long"),
        (#"{"count":1,"items":[],"note":"a\tb"}"#, "note malformed"),
        (#"{"count":1,"items":[],"contact":"x"}"#, "contact wrong_type"),
    ])
    func `a body that is not as declared is 400 and says where`(body: String, fault: String) async throws {
        let answered = try await routed.answer("POST", "/orders", headers: asJSON, body: body)
        #expect(answered.status == 400)
        #expect(answered.code == "invalid_input")
        #expect(answered.faults.contains(fault))
        #expect(answered.response.headers["Content-Type"] == "application/problem+json")
    }

    @Test func `nesting is bounded before it is read`() async throws {
        let deep = String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000)
        let answered = try await routed.answer("POST", "/orders", headers: asJSON, body: deep)
        #expect(answered.status == 400)
        #expect(answered.json["detail"]?.string?.contains("64 levels") == true)
    }

    @Test func `no more than twenty faults are listed`() async throws {
        let many = (0..<50).map { "\"x\($0)\":1" }.joined(separator: ",")
        #expect(try await routed.answer("POST", "/orders", headers: asJSON, body: "{\(many)}").faults.count == 20)
        let query = (0..<50).map { "x\($0)=1" }.joined(separator: "&")
        #expect(try await routed.answer("GET", "/orders?" + query).faults.count == 20)
    }

    @Test func `nothing that was sent comes back in a problem`() async throws {
        let body = #"{"count":"4242424242424242","items":"<script>","secret word":1,"metadata":{"4242 4242":1}}"#
        let answered = try await routed.answer(
            "POST", "/orders", headers: asJSON, body: body)
        let text = String(decoding: answered.response.body, as: UTF8.self)
        for sent in ["4242", "script", "secret"] { #expect(!text.contains(sent)) }
    }

    @Test(arguments: [
        "", "limit=1", "limit=100&q=a", "q=a+b%26", "open=true", "open=false", "state=paid",
        "from=2026-11-21T04%3A33%3A00Z",
        "&&limit=5&",
    ])
    func `a query that is declared is taken`(query: String) async throws {
        #expect(try await routed.answer("GET", "/orders?" + query).status == 200)
    }

    @Test(arguments: [
        ("limit=0", "limit out_of_range"), ("limit=101", "limit out_of_range"), ("limit=x", "limit wrong_type"),
        ("limit=", "limit wrong_type"), ("limit=%2B1", "limit wrong_type"), ("limit=1.0", "limit wrong_type"),
        ("limit=99999999999999999999", "limit wrong_type"), ("limit=1&limit=2", "limit not_allowed"),
        ("page=1", "page unknown"), ("Limit=1", "Limit unknown"), ("a%20b=1", "? unknown"), ("=1", "? unknown"),
        ("q=", "q too_short"), ("q=%00", "q malformed"), ("open=yes", "open wrong_type"),
        ("state=lost", "state not_allowed"),
        ("q=%", " malformed"), ("q=%ff", " malformed"), ("from=TTTTTTTTTTTTTTTTTTTZ", "from malformed"),
        ("q=" + String(repeating: "x", count: 9000), " malformed"),
    ])
    func `a query that is not declared is 400 and says what`(query: String, fault: String) async throws {
        let answered = try await routed.answer("GET", "/orders?" + query)
        #expect(answered.status == 400)
        #expect(answered.code == "invalid_input")
        #expect(answered.faults.contains(fault))
    }

    @Test func `a query that is not well-formed reads as such`() async throws {
        let answered = try await routed.answer("GET", "/orders?q=%")
        #expect(answered.json["detail"] == "The request is not valid: the query is not well-formed, or too long.")
    }

    @Test func `pages take any well-formed query`() async throws {
        #expect(try await routed.answer("GET", "/page?utm_source=x&q=7").json["q"] == "7")
        #expect(try await routed.answer("GET", "/page?q=%zz").status == 400)
    }

    @Test func `a body beyond its bound is 413, also without a server before the router`() async throws {
        let answered = try await routed.answer("POST", "/raw", body: "12345")
        #expect(answered.status == 413)
        #expect(answered.json["detail"] == "The body may have at most 4 bytes.")
        #expect(try await routed.answer("GET", "/page", body: "1").json["detail"] == "This request takes no body.")
        #expect(try await routed.answer("POST", "/raw", body: "1234").status == 200)
    }

    /// Each row has the faults of all rows below it.
    @Test(arguments: [
        ("PUT", "/nothing", 404), ("PUT", "/closed", 405), ("POST", "/closed", 413), ("POST", "/closed", 401),
        ("POST", "/closed", 415), ("POST", "/closed", 400),
    ])
    func `of several faults the first by precedence is told`(method: String, path: String, status: Int) async throws {
        var headers: HTTPHeaders = [:]
        if status <= 415, status != 413, status > 401 || status == 400 {
            headers["Authorization"] = "Bearer buyer-token"
        }
        if status == 400 { headers["Content-Type"] = "application/json" }
        let body = status == 413 ? String(repeating: "x", count: 70_000) : "{"
        let answered = try await routed.answer(method, path + "?q=%", headers: headers, body: body)
        #expect(answered.status == status)
    }

    @Test func `the body's fault is told after the query's`() async throws {
        let answered = try await routed.answer("POST", "/orders?x=1", headers: asJSON, body: "{")
        #expect(answered.faults == ["x unknown"])
    }
}
