internal import HTTP
public import JSON

/// An answer that reached whoever asked.
public struct Answer: Sendable {
    /// The status.
    public let status: Int
    /// The body, null where it is not JSON.
    public let json: JSONValue

    init(_ response: HTTPResponse) {
        status = response.status
        json = (try? JSONValue(parsing: response.body)) ?? .null  // A page is no JSON.
    }

    /// A member of the body.
    public subscript(_ name: String) -> JSONValue? { json[name] }
    /// The problem's code.
    public var code: String { json["code"]?.string ?? "" }
    /// Whether a good client need not ask again: it is no trouble of ours, and the first request is over.
    var isCertain: Bool { status < 500 && code != "idempotency_key_in_use" }
    /// As a history tells it.
    var told: String { status < 400 ? "\(status)" : "\(status) \(code)" }
}
