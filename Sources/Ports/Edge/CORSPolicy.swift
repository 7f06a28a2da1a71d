internal import HTTP

/// Which other sites' pages may call the API from a browser (the Fetch standard's CORS): those of exactly these origins, and
/// only the listed routes. No cookie is ever allowed along, as the API takes none; pages and webhooks are for no other site.
public struct CORSPolicy: Sendable {
    /// For how long a browser may keep the answer of a preflight, in seconds.
    static let keptSeconds = 600
    private static let sentHeaders = "Authorization, Content-Type, Idempotency-Key, X-Request-Id"
    private static let shownHeaders = "Idempotent-Replayed, Retry-After, X-Request-Id"

    private let origins: Set<String>

    /// Lets in these origins, as browsers write them: `https://shop.example.com`. See ``isOrigin(_:)``.
    public init(origins: [String]) { self.origins = Set(origins) }

    /// Whether a text is an origin as browsers write one: scheme, host in small letters, and a port unless it is the
    /// scheme's own; nothing after it. Neither `*` nor `null` is one.
    public static func isOrigin(_ text: String) -> Bool {
        let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
        guard let scheme else { return false }
        let authority = text.dropFirst(scheme.count)
        let end = authority.last == "]" ? nil : authority.lastIndex(of: ":")
        let host = authority[..<(end ?? authority.endIndex)]
        if let end {
            let port = authority[authority.index(after: end)...]
            guard let number = UInt16(port), String(number) == port, number != (scheme == "https://" ? 443 : 80) else {
                return false
            }
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.utf8.count > 2
                && host.dropFirst().dropLast().utf8.allSatisfy { byte in
                    (0x30...0x3A).contains(byte) || (0x61...0x66).contains(byte)
                }
        }
        return !host.isEmpty && !host.hasPrefix(".") && !host.contains("..")
            && host.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: ".")
            }
    }

    /// The answer to a browser that asks beforehand, without any body or log-in. Nil when this is no such question, the
    /// origin is not let in, or the wanted method has no route that other sites may call: it is then answered as if there
    /// were no CORS.
    func preflight(_ head: HTTPRequestHead, _ router: Router) -> HTTPResponse? {
        guard head.method == "OPTIONS", let wanted = head.headers["Access-Control-Request-Method"],
            let origin = origin(of: head)
        else { return nil }
        var asked = head
        asked.method = wanted
        guard case .success(let route) = router.route(of: asked), Self.isOpen(route) else { return nil }
        return HTTPResponse(
            status: 204,
            headers: [
                "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": wanted,
                "Access-Control-Allow-Headers": Self.sentHeaders,
                "Access-Control-Max-Age": String(Self.keptSeconds),
                "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
                "X-Request-Id": head.requestID,
            ])
    }

    /// Lets the page of an allowed origin read the answer of a route, its refusals too.
    func apply(to response: inout HTTPResponse, of route: Route?, for head: HTTPRequestHead) {
        guard let route, Self.isOpen(route) else { return }
        // Also without an origin: a cache must not give this answer to a page that may read it, nor the other way round.
        response.vary(by: "Origin")
        guard let origin = origin(of: head) else { return }
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = Self.shownHeaders
    }

    /// The one origin that a browser names, if it is let in.
    private func origin(of head: HTTPRequestHead) -> String? {
        let sent = head.headers.values("Origin")
        return sent.count == 1 && origins.contains(sent[0]) ? sent[0] : nil
    }

    private static func isOpen(_ route: Route) -> Bool {
        route.listed && route.door == nil && route.access != .signature
    }
}

extension HTTPResponse {
    /// Adds a field of the request to those that the answer depends on.
    mutating func vary(by name: String) {
        let known = headers["Vary"]
        guard
            known?.lowercased().split(separator: ",").contains(where: { $0.drop { $0 == " " } == name.lowercased() })
                != true
        else { return }
        headers["Vary"] = known.map { "\($0), \(name)" } ?? name
    }
}
