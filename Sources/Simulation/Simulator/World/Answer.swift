internal import HTTP
public import JSON
private import Synchronization

/// An answer that reached whoever asked.
public struct Answer: Sendable {
    /// The status.
    public let status: Int
    private let body: Body

    init(_ response: HTTPResponse) {
        status = response.status
        body = Body(response.body)
    }

    /// The body, null where it is not JSON; read when it is first asked for, as most answers are not.
    public var json: JSONValue { body.json }

    /// A member of the body.
    public subscript(_ name: String) -> JSONValue? { json[name] }
    /// The problem's code.
    public var code: String { json["code"]?.string ?? "" }
    /// Whether a good client need not ask again: it is no trouble of ours, and the first request is over.
    var isCertain: Bool { status < 400 || status < 500 && code != "idempotency_key_in_use" }
    /// As a history tells it.
    var told: String { status < 400 ? "\(status)" : "\(status) \(code)" }
}

private final class Body: Sendable {
    private let bytes: [UInt8]
    private let read = Mutex<JSONValue?>(nil)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var json: JSONValue {
        read.withLock { read in
            if let read { return read }
            let json = (try? JSONValue(parsing: bytes)) ?? .null  // A page is no JSON.
            read = json
            return json
        }
    }
}
