internal import HTTP
internal import Kernel
internal import PageKit

/// The cookie that holds the session: the short-lived token of the API, which nothing but the pages reads from there.
struct SessionCookie: Sendable {
    /// Whether browsers reach us by https. Then the cookie has the prefix that no neighbour's cookie can take.
    let isSecure: Bool

    var name: String { isSecure ? "__Host-kessai_admin" : "kessai_admin" }

    /// The prefix demands `/`; without it the cookie goes to the pages alone.
    private var attributes: String {
        "HttpOnly; SameSite=Strict; " + (isSecure ? "Secure; Path=/" : "Path=/admin")
    }

    /// The header's value that keeps a token for as long as it is good.
    func keeping(_ token: Secret, seconds: Int64) -> String {
        "\(name)=\(token.reveal()); Max-Age=\(seconds); \(attributes)"
    }

    /// The header's value that forgets it.
    var forgetting: String { "\(name)=; Max-Age=0; \(attributes)" }

    /// The token of a request; nil when there is none, or several.
    func token(of request: HTTPRequest) -> String? { request.cookie(name) }
}
