extension Failpoint {
    /// Why a text is no failpoint, or no list of them: the wrong part as it stands there, and what may stand there.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// For whoever set it.
        public let description: String
    }

    /// Reads one. Throws ``Fault`` when it is not `POINT[:ACTIVITY][=N]`.
    public init(reading text: some StringProtocol) throws(Fault) {
        let whole = String(text)
        guard !whole.isEmpty else { throw Fault(description: "a failpoint is empty") }
        var rest = Substring(whole)
        var turn = 1
        if let equals = rest.lastIndex(of: "=") {
            let digits = rest[rest.index(after: equals)...]
            guard let number = Int(digits), (1...Self.turnMax).contains(number) else {
                throw Fault(
                    description: "\(Self.quoted(digits)) in \(Self.quoted(whole)) is no turn; after = stands a number "
                        + "from 1 to \(Self.turnMax)")
            }
            turn = number
            rest = rest[..<equals]
        }
        let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, let point = Point(rawValue: String(name)) else {
            let points = Point.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(
                description:
                    "\(Self.quoted(parts.first ?? "")) in \(Self.quoted(whole)) is no point; a point is one of: "
                    + points)
        }
        guard parts.count < 2 || !parts[1].isEmpty else {
            throw Fault(
                description: "\(Self.quoted(whole)) has no activity after its colon; \(Self.activityForms)")
        }
        self.init(point, activity: parts.count > 1 ? String(parts[1]) : nil, turn: turn)
    }

    /// Reads several, separated by commas, spaces around them left out. Throws ``Fault`` when one is wrong, there are none or
    /// more than ``countMax``.
    public static func list(reading text: String) throws(Fault) -> [Failpoint] {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard words.count <= countMax else {
            throw Fault(description: "there are \(words.count) failpoints; there may be \(countMax)")
        }
        var failpoints: [Failpoint] = []
        for word in words {
            guard !word.isEmpty else {
                throw Fault(
                    description:
                        "failpoint \(failpoints.count + 1) of \(words.count) is empty; commas stand only between them")
            }
            failpoints.append(try Failpoint(reading: word))
        }
        return failpoints
    }

    /// How an activity is written.
    static let activityForms =
        "an activity is a method and the path of a route (POST /api/orders), job: and a kind (job:payments.sweep), or "
        + "process; for a call a method and the vendor's path (POST /v1/refunds)"

    /// The longest part of a setting that is quoted, in characters.
    private static let quotedMax = 80

    /// A part of a setting in quotation marks, short, on one line.
    private static func quoted(_ text: some StringProtocol) -> String {
        let shown = text.unicodeScalars.prefix(quotedMax).map { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "?" : String(scalar)
        }
        return "\"" + shown.joined() + (text.unicodeScalars.count > quotedMax ? "…" : "") + "\""
    }
}
