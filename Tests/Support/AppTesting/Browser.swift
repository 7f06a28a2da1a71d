public import HTTP
internal import Synchronization
internal import Testing

/// A browser as far as the operators' pages need one: it keeps cookies, sends what browsers send with a form, and
/// follows nothing by itself.
public final class Browser: Sendable {
    /// A page that it got.
    public struct Page: Sendable {
        /// The status.
        public let status: Int
        /// The header fields.
        public let headers: HTTPHeaders
        /// The markup.
        public let text: String

        /// Where it leads.
        public var location: String? { headers["Location"] }

        /// The value of the first hidden field of a name.
        public func hidden(_ name: String) -> String? {
            guard let start = text.firstRange(of: "<input type=\"hidden\" name=\"\(name)\" value=\"") else {
                return nil
            }
            return String(text[start.upperBound...].prefix { $0 != "\"" })
        }
    }

    /// The names of the fields that prove a form.
    public static let proofs = ["form_token", "form_key"]

    private let world: World
    private let cookies = Mutex<[String: String]>([:])

    /// A browser without cookies.
    public init(_ world: World) { self.world = world }

    /// The cookies that it has, by name.
    public var jar: [String: String] {
        get { cookies.withLock { $0 } }
        set { cookies.withLock { $0 = newValue } }
    }

    /// Opens a page.
    public func get(_ path: String, headers: HTTPHeaders = [:]) async -> Page {
        await send(HTTPRequest("GET", path, headers: headers))
    }

    /// Sends a form; `headers` stand for what the browser says of the page that sends it.
    public func post(
        _ path: String, _ fields: [String: String], headers: HTTPHeaders = ["Sec-Fetch-Site": "same-origin"]
    ) async -> Page {
        let form = fields.sorted { $0.key < $1.key }
            .map { "\(PercentCoding.encode($0.key))=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
        var headers = headers
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await send(HTTPRequest("POST", path, headers: headers, body: Array(form.utf8)))
    }

    /// Sends a form with the proofs of the page that it stands on.
    public func submit(_ page: Page, to path: String, _ fields: [String: String] = [:]) async -> Page {
        var fields = fields
        for name in Self.proofs { fields[name] = page.hidden(name) }
        return await post(path, fields)
    }

    /// Logs somebody in.
    @discardableResult
    public func logIn(_ email: String = "operator@example.com", back: String? = nil) async -> Page {
        var fields = ["email": email, "password": "a long enough password"]
        fields["return"] = back
        return await post("/admin/login", fields)
    }

    private func send(_ request: HTTPRequest) async -> Page {
        var request = request
        if request.head.headers["Cookie"] == nil, !jar.isEmpty {
            request.head.headers["Cookie"] = jar.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ")
        }
        let reply = await world.send(request)
        for cookie in reply.headers.values("Set-Cookie") {
            let pair = (cookie.split(separator: ";").first ?? "").split(separator: "=", maxSplits: 1)
            let name = String(pair.first ?? "")
            cookies.withLock { $0[name] = cookie.contains("Max-Age=0;") || pair.count < 2 ? nil : String(pair[1]) }
        }
        return Page(
            status: reply.status, headers: reply.headers, text: String(decoding: reply.body, as: UTF8.self))
    }
}
