/// The header fields that every answer carries, whoever made it. What an answer says for itself stays.
public enum SecurityHeaders {
    /// Nothing runs, loads, or frames. JSON needs no more, and a browser that is led to show it is as safe as we can make it.
    public static let nothing = "default-src 'none'; frame-ancestors 'none'"

    private static let defaults: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", nothing), ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        // Most answers are somebody's. Those that may be kept say so.
        ("Cache-Control", "no-store"),
    ]

    /// Adds those that the answer does not have.
    public static func fill(_ response: inout HTTPResponse) {
        for (name, value) in defaults where response.headers[name] == nil { response.headers.add(name, value) }
    }

    /// The policy of a page of ours: no script at all, the one sheet that has this digest, no base, no frame around it.
    ///
    /// `sheetSHA256` is Base64. Forms may lead to `formTargets`, as CSP writes them (`'self'`, an origin): browsers hold the
    /// redirect after a form to the same list. Nil leaves them free, for pages that send their visitors on to anybody.
    public static func policy(sheetSHA256: String, formTargets: [String]?) -> String {
        let targets = formTargets.map { $0.isEmpty ? "'none'" : $0.joined(separator: " ") }
        return "default-src 'none'; style-src 'sha256-\(sheetSHA256)'; "
            + (targets.map { "form-action \($0); " } ?? "") + "base-uri 'none'; frame-ancestors 'none'"
    }
}
