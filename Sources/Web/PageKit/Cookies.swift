public import HTTP

extension HTTPRequest {
    /// The value of a cookie; nil when there is none, or several: somebody has planted one beside ours.
    public func cookie(_ name: String) -> String? {
        // By bytes: a mark that joins the character before it does not hide a separator.
        let pairs = head.headers.values("Cookie").flatMap { $0.utf8.split(separator: UInt8(ascii: ";")) }
        let found = pairs.compactMap { pair -> String? in
            let halves = pair.drop { $0 == UInt8(ascii: " ") }
                .split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return halves.count == 2 && halves[0].elementsEqual(name.utf8) ? String(Substring(halves[1])) : nil
        }
        return found.count == 1 ? found.first.flatMap { $0.isEmpty ? nil : $0 } : nil
    }
}
