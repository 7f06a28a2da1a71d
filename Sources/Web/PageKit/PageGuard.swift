internal import Crypto
public import HTTP

/// The header fields of pages for people: never cached, and nothing runs or loads in them but their one sheet, which is
/// named by its hash.
public struct PageGuard: Sendable {
    private let policy: String

    /// Guards pages with this sheet. Forms may lead to the pages' own origin and to `formTargets`: browsers hold the
    /// redirect after a form to that list too.
    public init(sheet: StaticString, formTargets: [String] = []) {
        policy = SecurityHeaders.policy(
            sheetSHA256: Digest.sha256Base64(Array("\(sheet)".utf8)), formTargets: ["'self'"] + formTargets)
    }

    /// Adds them.
    public func apply(to response: inout HTTPResponse) {
        response.headers["Content-Security-Policy"] = policy
        // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Vary"] = "Accept-Language, Cookie"
        SecurityHeaders.fill(&response)
    }
}
