import HTTP
import JSON
import Kernel
import KernelTesting
import StripeClient
import Testing

/// A client on a stub, with everything that a test looks at afterwards.
struct Bench {
    static let secretKey = "sk_test_51KeyThatNobodyMaySee"
    static let clientSecret = "pi_1_secret_ThatNobodyMaySee"
    static let email = "nobody-may-see@example.jp"

    let transport: StubTransport
    let clock = SelfMovingClock()
    let recorder = LogRecorder()
    let client: StripeClient

    init(
        _ steps: [StubTransport.Step], retriesMax: Int = 2, overallTimeout: Duration = .seconds(70),
        attemptTakes: Duration = .milliseconds(120), secretKey: String = Bench.secretKey,
        apiBase: String = "https://api.stripe.com", apiVersion: String = "2026-10-28.endive"
    ) {
        let clock = clock
        transport = StubTransport(steps) { clock.advance(by: attemptTakes) }
        client = StripeClient(
            configuration: StripeConfiguration(
                secretKey: Secret(secretKey), apiBase: apiBase, apiVersion: apiVersion, retriesMax: retriesMax,
                overallTimeout: overallTimeout),
            transport: transport, clock: clock, random: SeededRandom(7), log: recorder.log(clock: clock))
    }

    var requests: [HTTPClientRequest] { transport.requests }

    /// The parameters of a request, from its body or its query.
    func parameters(_ index: Int = 0) throws -> [String: String] {
        let request = try #require(requests.count > index ? requests[index] : nil)
        let text =
            request.method == "POST"
            ? String(decoding: request.body, as: UTF8.self)
            : request.url.split(separator: "?", maxSplits: 1).dropFirst().first.map { String($0) } ?? ""
        let pairs = try #require(PercentCoding.pairs(text))
        return Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in
            Issue.record("a parameter was sent twice")
            return first
        }
    }
}

extension StubTransport.Step {
    /// 200 with an object.
    static func ok(_ json: JSONValue, _ headers: HTTPHeaders = ["Request-Id": "req_ok"]) -> Self {
        .answer(.json(json, headers: headers))
    }

    /// An error of Stripe's.
    static func error(
        _ status: Int, _ type: String = "invalid_request_error", code: String? = nil, _ more: JSONObject = [:],
        headers: HTTPHeaders = ["Request-Id": "req_error"]
    ) -> Self {
        var error: JSONObject = ["type": .string(type), "message": "No such thing: \(Bench.email)"]
        if let code { error["code"] = .string(code) }
        for (name, value) in more.members { error[name] = value }
        return .answer(.json(["error": .object(error)], status: status, headers: headers))
    }

    /// The same answer, with one more header field.
    func with(_ name: String, _ value: String?) -> Self {
        guard case .answer(var response) = self else { return self }
        response.headers[name] = value
        return .answer(response)
    }
}

/// What a call ends in.
func outcome<Value>(_ call: () async throws -> Value) async -> Result<Value, StripeError> {
    do {
        return .success(try await call())
    } catch let error as StripeError {
        return .failure(error)
    } catch {
        Issue.record("the client throws nothing else: \(error)")
        return .failure(.unexpectedAnswer("not an error of the client's"))
    }
}

/// The error that a call ends in; throws when it ends in an answer.
func failure<Value>(_ call: () async throws -> Value) async throws -> StripeError {
    switch await outcome(call) {
    case .failure(let error): return error
    case .success: throw TestFailure("the call was answered")
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

enum Sample {
    static let intentID = StripePaymentIntentID("pi_1")
    static let key = StripeIdempotencyKey(ID<Bench>("0190b0c8-0000-7000-8000-000000000001"), purpose: "pay", attempt: 1)

    static let intent: JSONValue = [
        "id": "pi_1", "object": "payment_intent", "amount": 980, "amount_received": 0, "currency": "jpy",
        "status": "requires_payment_method", "client_secret": .string(Bench.clientSecret), "created": 1_795_233_600,
        "livemode": false, "metadata": ["order_id": "o1"], "latest_charge": nil, "customer": nil,
    ]
    static let charge: JSONValue = [
        "id": "ch_1", "object": "charge", "amount": 980, "currency": "jpy", "status": "succeeded",
        "created": 1_795_233_600,
    ]
    static let refund: JSONValue = [
        "id": "re_1", "object": "refund", "amount": 980, "currency": "jpy", "status": "succeeded",
        "created": 1_795_233_600,
    ]
    static let customer: JSONValue = ["id": "cus_1", "object": "customer", "created": 1_795_233_600]
    static let endpoint: JSONValue = [
        "id": "we_1", "object": "webhook_endpoint", "url": "https://shop.example.jp/hook", "enabled_events": ["*"],
        "status": "enabled", "secret": "whsec_new",
    ]
    static func list(_ elements: JSONValue...) -> JSONValue {
        ["object": "list", "url": "/v1/x", "has_more": false, "data": .array(elements)]
    }
}
