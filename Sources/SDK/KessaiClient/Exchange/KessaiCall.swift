import HTTP
import JSON
import Kernel
import KessaiAPI

/// One call before it is sent.
struct KessaiCall {
    let method: String
    let path: String
    var query: [(name: String, value: String?)] = []
    var body: [UInt8] = []
    /// On every POST that begins something; kept over every attempt.
    var key: RequestKey?
    /// Who asks, where an account is needed.
    var token: Secret?
    /// Codes of problems that are the call's result, however long `Retry-After` is: they are not waited out.
    var finalCodes: Set<String> = []

    static func get(_ path: String, query: [(name: String, value: String?)] = [], token: Secret? = nil) -> KessaiCall {
        KessaiCall(method: "GET", path: path, query: query, token: token)
    }

    static func post(
        _ path: String, _ model: (any APIModel)?, key: RequestKey? = nil, token: Secret? = nil,
        finalCodes: Set<String> = []
    ) throws(KessaiError) -> KessaiCall {
        var call = KessaiCall(method: "POST", path: path, key: key, token: token, finalCodes: finalCodes)
        do {
            call.body = try model?.bytes() ?? []
        } catch {
            throw .invalidArgument("what was given cannot be written as JSON")
        }
        return call
    }

    /// Text as one segment of a path. Empty text would ask for the list, and dots would climb to another path.
    static func segment(_ text: String, _ name: String) throws(KessaiError) -> String {
        guard (1...255).contains(text.utf8.count), text != ".", text != ".." else {
            throw .invalidArgument("\(name) must have 1 to 255 bytes, and be more than dots")
        }
        return PercentCoding.encode(text)
    }

    /// The request to a server. Throws `KessaiError.invalidArgument` for a token that would break out of its field.
    func request(base: String, timeout: Duration) throws(KessaiError) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            method: method, url: base + path, body: body, timeout: timeout, responseBytesMax: 4 << 20)
        let pairs = query.compactMap { pair in
            pair.value.map { "\(PercentCoding.encode(pair.name))=\(PercentCoding.encode($0))" }
        }
        if !pairs.isEmpty { request.url += "?" + pairs.joined(separator: "&") }
        request.headers["Accept"] = "application/json"
        request.headers["User-Agent"] = "KessaiClient/1"
        if !body.isEmpty { request.headers["Content-Type"] = "application/json" }
        if let key { request.headers["Idempotency-Key"] = key.rawValue }
        if let token = token?.reveal() {
            guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .invalidArgument("the access token is not one")
            }
            request.headers["Authorization"] = "Bearer \(token)"
        }
        return request
    }
}
