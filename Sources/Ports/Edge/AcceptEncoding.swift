internal import HTTP

/// What codings of an answer a client takes (RFC 9110, 12.5.3), as far as we have them: gzip, and none.
struct AcceptEncoding: Equatable {
    /// Whether gzip may be sent, and is liked at least as well as no coding.
    let wantsGzip: Bool
    /// Whether the client will not have the answer as it is.
    let refusesIdentity: Bool

    /// The most members of the field that are looked at.
    private static let membersMax = 20

    /// Of a request. Without the field nothing is compressed: whoever does not ask may not understand it. Members that are
    /// not well-formed are passed over.
    init(_ headers: HTTPHeaders) {
        var gzip: Int?
        var identity: Int?
        var others: Int?
        for member in headers.values("Accept-Encoding").flatMap({ $0.split(separator: ",") }).prefix(Self.membersMax) {
            let parts = member.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
            guard let weight = parts.count == 1 ? 1000 : parts.count == 2 ? Self.weight(parts[1]) : nil else {
                continue
            }
            switch parts[0].lowercased() {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, weight)
            case "identity": identity = weight
            case "*": others = weight
            default: break
            }
        }
        let gzipWeight = gzip ?? others ?? 0
        // No coding is always taken, unless it is said not to be; named, it may be liked better than gzip.
        wantsGzip = gzipWeight > 0 && gzipWeight >= (identity ?? 0)
        refusesIdentity = (identity ?? others) == 0
    }

    /// `q=0.5` in thousandths; nil for what is no weight.
    private static func weight(_ text: Substring) -> Int? {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, halves[0] == "q" || halves[0] == "Q" else { return nil }
        let digits = halves[1].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = digits.count == 2 ? digits[1] : ""
        guard digits[0] == "0" || digits[0] == "1", fraction.utf8.count <= 3,
            fraction.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let whole = Int(digits[0]),
            let thousandths = Int(fraction + String(repeating: "0", count: 3 - fraction.utf8.count))
        else { return nil }
        let weight = whole * 1000 + thousandths
        return weight <= 1000 ? weight : nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
