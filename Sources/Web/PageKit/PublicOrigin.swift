public import HTTP

/// Where browsers reach us: scheme, host and port.
public struct PublicOrigin: Sendable {
    /// `https://pay.example.com`.
    public let origin: String

    /// Of a URL, whose path is of no interest.
    public init(_ url: String) {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        origin = parts.prefix(3).joined(separator: "/").lowercased()
    }

    /// Whether it is reached by https.
    public var isSecure: Bool { origin.hasPrefix("https:") }

    /// Whether a `Host` field names this very host and port.
    public func isHost(_ host: String) -> Bool { origin.hasSuffix("://\(host.lowercased())") }

    /// Whether a form was sent by a page of ours, as far as the browser says: by `Sec-Fetch-Site`, which no page can
    /// forge; by `Origin` where that is missing (plain http, old browsers), which must be our URL or the host that was
    /// asked. A client that sends neither is no browser that another site could use.
    public func sent(_ head: HTTPRequestHead) -> Bool {
        let sites = head.headers.values("Sec-Fetch-Site")
        guard sites.isEmpty else { return sites == ["same-origin"] }
        let origins = head.headers.values("Origin")
        guard let sender = origins.first?.lowercased() else { return true }
        guard origins.count == 1 else { return false }
        let host = head.headers["Host"]?.lowercased()
        return sender == origin
            || (host != nil && (sender == "http://\(host ?? "")" || sender == "https://\(host ?? "")"))
    }
}
