import HTTP
import Kernel

/// One call before it is sent.
struct StripeCall {
    enum Method: String {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    let method: Method
    /// The path without ids, for logs: `/v1/payment_intents/{id}/confirm`.
    let template: String
    let path: String
    var form: StripeForm
    /// On every POST (law 2) and on nothing else: Stripe passes it over elsewhere.
    let key: StripeIdempotencyKey?

    /// Whether Stripe may change something.
    var isWrite: Bool { method != .get }

    static func get(_ path: String, _ form: StripeForm = StripeForm()) -> StripeCall {
        StripeCall(method: .get, template: path, path: path, form: form, key: nil)
    }

    static func post(_ path: String, _ form: StripeForm, key: StripeIdempotencyKey) -> StripeCall {
        StripeCall(method: .post, template: path, path: path, form: form, key: key)
    }

    static func get<Subject>(
        _ path: String, _ id: StripeID<Subject>, _ form: StripeForm = StripeForm()
    ) throws(StripeError) -> StripeCall {
        StripeCall(
            method: .get, template: "\(path)/{id}", path: "\(path)/\(try segment(id))", form: form, key: nil)
    }

    static func post<Subject>(
        _ path: String, _ id: StripeID<Subject>, action: String? = nil, _ form: StripeForm, key: StripeIdempotencyKey
    ) throws(StripeError) -> StripeCall {
        let tail = action.map { "/\($0)" } ?? ""
        return StripeCall(
            method: .post, template: "\(path)/{id}\(tail)", path: "\(path)/\(try segment(id))\(tail)", form: form,
            key: key)
    }

    static func delete<Subject>(_ path: String, _ id: StripeID<Subject>) throws(StripeError) -> StripeCall {
        StripeCall(
            method: .delete, template: "\(path)/{id}", path: "\(path)/\(try segment(id))", form: StripeForm(),
            key: nil)
    }

    /// The request; parameters of reads and deletions go into the query.
    func request(_ configuration: StripeConfiguration, timeout: Duration) -> HTTPClientRequest {
        var base = configuration.apiBase
        while base.hasSuffix("/") { base.removeLast() }
        var request = HTTPClientRequest(
            method: method.rawValue, url: base + path, timeout: timeout, responseBytesMax: 8 << 20)
        request.headers["Authorization"] = "Bearer \(configuration.secretKey.reveal())"
        request.headers["Stripe-Version"] = configuration.apiVersion
        request.headers["User-Agent"] = "Kessai/1 (+StripeClient)"
        request.headers["Accept"] = "application/json"
        if let key { request.headers["Idempotency-Key"] = key.rawValue }
        let encoded = form.encoded
        if method == .post {
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
            request.body = Array(encoded.utf8)
        } else if !encoded.isEmpty {
            request.url += "?" + encoded
        }
        return request
    }

    /// An empty id would ask for the list, and dots would climb to another path.
    private static func segment<Subject>(_ id: StripeID<Subject>) throws(StripeError) -> String {
        let text = id.rawValue
        guard (1...255).contains(text.utf8.count), text != ".", text != ".." else {
            throw .invalidRequest(StripeInvalidRequest(status: nil, code: "id_invalid", param: "id"))
        }
        return PercentCoding.encode(text)
    }
}
