public import HTTP

extension HTTPRequest {
    /// The value of a cookie; nil when there is none, or several: somebody has planted one beside ours.
    public func cookie(_ name: String) -> String? {
        let found = head.headers.values("Cookie").flatMap { $0.split(separator: ";") }.compactMap { pair in
            let halves = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return halves.count == 2 && halves[0] == name ? String(halves[1]) : nil
        }
        return found.count == 1 ? found.first.flatMap { $0.isEmpty ? nil : $0 } : nil
    }
}
