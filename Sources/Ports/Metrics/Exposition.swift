/// Measurements as Prometheus reads them (text format 0.0.4): one block for each name, its help and type before its samples.
public struct Exposition: Sendable {
    /// What a name's numbers are.
    public enum Kind: String, Sendable {
        /// Only grows, until the process ends.
        case counter
        /// Goes up and down.
        case gauge
        /// How many were at most so large, for each of some bounds.
        case histogram
    }

    /// The names and values that tell samples of one name apart.
    public typealias Labels = KeyValuePairs<String, String>

    /// The media type.
    public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"
    /// The text so far.
    public private(set) var text = ""

    /// Nothing yet.
    public init() {}

    /// Begins a name. Its samples follow.
    public mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// A sample of the name that was begun, or of its `_bucket`, `_sum` and `_count`.
    public mutating func sample(_ name: String, _ labels: Labels, _ value: Int64) {
        sample(name, labels, number: "\(value)")
    }

    /// The only sample of a name.
    public mutating func sample(_ name: String, _ value: Int64) { sample(name, [:], value) }

    /// A duration in seconds, as Prometheus wants them.
    public mutating func sample(_ name: String, _ labels: Labels = [:], milliseconds: Int64) {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let digits = String(abs(rest) + 1000).dropFirst()
        let sign = milliseconds < 0 && seconds == 0 ? "-" : ""
        sample(name, labels, number: rest == 0 ? "\(seconds)" : "\(sign)\(seconds).\(digits)")
    }

    private mutating func sample(_ name: String, _ labels: Labels, number: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(Self.escape($1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(number)\n"
    }

    /// In a label's value a backslash, a quotation mark and a line feed are escaped.
    private static func escape(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
