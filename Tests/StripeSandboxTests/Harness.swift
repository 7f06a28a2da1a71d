import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import StripeSchemas
import Testing

/// A sandbox in process whose every answer is judged by Stripe's own description of the version.
final class Harness: Sendable {
    let sandbox: StripeSandbox
    let clock: ManualClock
    let transport: SandboxTransport
    let schemas: StripeSchemas
    let hook = Hook()

    static let api = "https://api.stripe.com"
    static let hookURL = "https://shop.example/hooks"
    static let hookSecret = "whsec_test"

    init(
        _ schemas: StripeSchemas = .newest, seed: UInt64 = 42, hasWebhook: Bool = true,
        configure: (inout StripeSandboxOptions) -> Void = { _ in }
    ) {
        self.schemas = schemas
        clock = ManualClock()
        var options = StripeSandboxOptions()
        options.apiVersion = schemas.version
        options.publicURL = "http://127.0.0.1:12111"
        if hasWebhook { options.webhook = .init(url: Self.hookURL, secret: Secret(Self.hookSecret)) }
        configure(&options)
        sandbox = StripeSandbox(clock: clock, random: SeededRandom(seed), log: .silent, options: options)
        transport = SandboxTransport(hosts: [Self.api: sandbox, "https://shop.example": hook], clock: clock)
    }

    /// Sends a request as a server does and judges the answer.
    @discardableResult
    func send(
        _ method: String, _ path: String, _ form: KeyValuePairs<String, String> = [:], key: String? = nil,
        version: String? = nil, apiKey: String? = "sk_test_kessai", timeout: Duration = .seconds(80),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let encoded = form.map { PercentCoding.encode($0.key) + "=" + PercentCoding.encode($0.value) }
        return try await send(
            method, path, raw: encoded.joined(separator: "&"), key: key, version: version, apiKey: apiKey,
            timeout: timeout, sourceLocation: sourceLocation)
    }

    /// Sends a request with a form that is already encoded.
    @discardableResult
    func send(
        _ method: String, _ path: String, raw form: String, key: String? = nil, version: String? = nil,
        apiKey: String? = "sk_test_kessai", timeout: Duration = .seconds(80), headers: HTTPHeaders = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var headers = headers
        if let apiKey { headers["Authorization"] = "Bearer \(apiKey)" }
        if let key { headers["Idempotency-Key"] = key }
        if let version { headers["Stripe-Version"] = version }
        let isPost = method == "POST"
        if isPost { headers["Content-Type"] = "application/x-www-form-urlencoded" }
        let target = Self.api + path + (isPost || form.isEmpty ? "" : "?" + form)
        let request = HTTPClientRequest(
            method: method, url: target, headers: headers, body: isPost ? Array(form.utf8) : [], timeout: timeout)
        let answer = Answer(try await transport.send(request))
        judge(answer, version: version, isClientSide: apiKey?.hasPrefix("pk_") ?? false, sourceLocation)
        return answer
    }

    private func judge(_ answer: Answer, version: String?, isClientSide: Bool, _ sourceLocation: SourceLocation) {
        #expect(answer.headers["Request-Id"]?.hasPrefix("req_") == true, sourceLocation: sourceLocation)
        let judge: StripeSchemas
        switch version ?? schemas.version {
        case StripeSchemas.newest.version: judge = .newest
        case StripeSchemas.old.version: judge = .old
        default: return
        }
        let faults = Self.faults(in: answer.json, judge, partial: isClientSide)
        #expect(faults.isEmpty, "\(answer.json.text(pretty: true))", sourceLocation: sourceLocation)
    }

    /// What is wrong with any answer: an error, a list, a stub, an event with its object, or an object.
    static func faults(in json: JSONValue, _ schemas: StripeSchemas, partial: Bool = false) -> [String] {
        if json["error"] != nil { return schemas.faults(in: json, of: "error", partial: partial) }
        let object = json["object"]?.string ?? ""
        if object == "list" || object == "search_result" {
            let missing = ["data", "has_more", "url"].filter { json[$0] == nil }.map { "$.\($0) is missing" }
            return missing + (json["data"]?.array ?? []).flatMap { Self.faults(in: $0, schemas, partial: partial) }
        }
        if json["deleted"] == true { return schemas.faults(in: json, of: "deleted_\(object)") }
        var faults = schemas.faults(in: json, of: object, partial: partial)
        if object == "event", let inner = json["data"]?["object"] {
            let resource = inner["object"]?.string ?? ""
            if schemas.knows(resource) { faults += Self.faults(in: inner, schemas).map { "data.object " + $0 } }
            if let previous = json["data"]?["previous_attributes"], schemas.knows(resource) {
                faults += schemas.faults(in: previous, of: resource, partial: true)
                    .filter { !$0.hasSuffix("may not be null") }.map { "previous_attributes " + $0 }
            }
        }
        return faults
    }

    func get(_ path: String, _ form: KeyValuePairs<String, String> = [:], version: String? = nil) async throws
        -> JSONValue
    {
        try await send("GET", path, form, version: version).json
    }

    func post(
        _ path: String, _ form: KeyValuePairs<String, String> = [:], key: String? = nil, version: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JSONValue {
        let answer = try await send("POST", path, form, key: key, version: version, sourceLocation: sourceLocation)
        #expect(answer.status == 200, "\(answer.json.text())", sourceLocation: sourceLocation)
        return answer.json
    }

    /// A request to the sandbox's own paths.
    func control(_ method: String, _ path: String, _ json: JSONValue? = nil, form: String? = nil) async throws -> Answer
    {
        let body = json?.bytes() ?? Array((form ?? "").utf8)
        let request = HTTPClientRequest(method: method, url: Self.api + "/_sandbox" + path, body: body)
        return Answer(try await transport.send(request))
    }

    /// Moves the clock and delivers what has become due.
    func advance(_ duration: Duration) async {
        clock.advance(by: duration)
        await sandbox.deliverDue(via: transport)
    }

    /// The types of all events, the oldest first.
    func eventTypes() async throws -> [String] {
        let list = try await get("/v1/events", ["limit": "100"])
        return (list["data"]?.array ?? []).reversed().compactMap { $0["type"]?.string }
    }
}

/// An answer with its body read.
struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]
    let json: JSONValue

    init(_ response: HTTPResponse) {
        status = response.status
        headers = response.headers
        body = response.body
        do throws(JSONError) { json = try JSONValue(parsing: response.body) } catch { json = .null }
    }

    var error: JSONValue? { json["error"] }
    var code: String? { error?["code"]?.string }
    var param: String? { error?["param"]?.string }
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension JSONValue {
    var id: String { self["id"]?.string ?? "" }
    var status: String { self["status"]?.string ?? "" }
}
