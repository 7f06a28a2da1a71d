internal import Crypto
public import HTTP

/// The header fields of pages for people: never cached, and nothing runs or loads in them but their one sheet, which is
/// named by its hash.
public struct PageGuard: Sendable {
    private let policy: String

    /// Guards pages with this sheet. Forms may lead to the pages' own origin and to `formTargets`: browsers hold the
    /// redirect after a form to that list too.
    public init(sheet: StaticString, formTargets: [String] = []) {
        let digest = Base64URL.encode(Digest.sha256(Array("\(sheet)".utf8)))
        let hash = digest.replacing("-", with: "+").replacing("_", with: "/") + "="
        let targets = (["'self'"] + formTargets).joined(separator: " ")
        policy =
            "default-src 'none'; style-src 'sha256-\(hash)'; form-action \(targets); base-uri 'none'; "
            + "frame-ancestors 'none'"
    }

    /// Adds them.
    public func apply(to response: inout HTTPResponse) {
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Vary"] = "Accept-Language, Cookie"
    }
}
