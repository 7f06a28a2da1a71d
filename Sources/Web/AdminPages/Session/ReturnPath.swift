internal import HTTP

/// Where to go after the log-in: a page of ours, and nowhere else.
struct ReturnPath: Sendable, Equatable {
    /// The path with its query, fit to stand in a `Location`.
    let text: String

    static let start = ReturnPath(text: "/admin/orders")

    private init(text: String) { self.text = text }

    /// A path that came with a request; nil unless it names a page under `/admin` that is not the log-in itself. What
    /// browsers read as another host (`//`, `/\`) cannot begin with `/admin`.
    init?(untrusted text: String) {
        guard text.utf8.count <= 1024, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("\\") else {
            return nil
        }
        let path = text.prefix { $0 != "?" && $0 != "#" }
        guard path == "/admin" || path.hasPrefix("/admin/"), !path.contains("//") else { return nil }
        // Browsers take segments of dots out of a path, and `%2e` for a dot.
        let segments = path.lowercased().replacing("%2e", with: ".").split(separator: "/")
        guard !segments.contains("."), !segments.contains("..") else { return nil }
        guard !path.hasPrefix("/admin/login"), !path.hasPrefix("/admin/logout") else { return nil }
        self.text = text
    }

    /// The page that a request was for. A form has a page at its own path; what was typed into it is lost.
    init?(of head: HTTPRequestHead) {
        let query = head.method == "GET" && !head.query.isEmpty ? "?\(head.query)" : ""
        self.init(untrusted: head.path + query)
    }
}
