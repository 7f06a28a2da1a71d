extension JSONValue {
    /// The value as UTF-8 text; `pretty` puts every member on a line of its own, as Stripe sends its events.
    public func bytes(pretty: Bool = false) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty)
        writer.write(self, depth: 0)
        return writer.output
    }

    /// The value as text.
    public func text(pretty: Bool = false) -> String { String(decoding: bytes(pretty: pretty), as: UTF8.self) }

    /// The value with the members of every object sorted by name: equal values give equal text, as long as their texts are
    /// composed alike.
    public var sorted: JSONValue {
        switch self {
        case .object(let object):
            return .object(JSONObject(object.members.sorted(by: Self.isBefore).map { ($0.name, $0.value.sorted) }))
        case .array(let array): return .array(array.map(\.sorted))
        default: return self
        }
    }

    /// The order of two members' names; bytes decide where Swift sees no difference.
    private static func isBefore(
        _ one: (name: String, value: JSONValue), _ other: (name: String, value: JSONValue)
    ) -> Bool {
        one.name == other.name ? one.name.utf8.lexicographicallyPrecedes(other.name.utf8) : one.name < other.name
    }
}

private struct JSONWriter {
    let pretty: Bool
    var output: [UInt8] = []

    init(pretty: Bool) { self.pretty = pretty }

    mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: plain("null")
        case .bool(let bool): plain(bool ? "true" : "false")
        case .int(let int): plain(String(int))
        // JSON has no infinities; they are not representable and become null.
        case .double(let double): plain(double.isFinite ? "\(double)" : "null")
        case .string(let string): write(string)
        case .array(let array):
            output.append(UInt8(ascii: "["))
            for (index, element) in array.enumerated() {
                separate(index, depth: depth)
                write(element, depth: depth + 1)
            }
            if !array.isEmpty { newline(depth) }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                separate(index, depth: depth)
                write(member.name)
                output.append(UInt8(ascii: ":"))
                if pretty { output.append(UInt8(ascii: " ")) }
                write(member.value, depth: depth + 1)
            }
            if !object.isEmpty { newline(depth) }
            output.append(UInt8(ascii: "}"))
        }
    }

    private mutating func plain(_ text: String) {
        var text = text
        text.withUTF8 { output.append(contentsOf: $0) }
    }

    private mutating func separate(_ index: Int, depth: Int) {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        newline(depth + 1)
    }

    private mutating func newline(_ depth: Int) {
        guard pretty else { return }
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }

    private mutating func write(_ string: String) {
        output.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { bytes in
            // Most strings are copied as they are.
            var copied = 0
            for (index, byte) in bytes.enumerated() where Self.isEscaped(byte) {
                output.append(contentsOf: bytes[copied..<index])
                writeEscaped(byte)
                copied = index + 1
            }
            output.append(contentsOf: bytes[copied...])
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
        case UInt8(ascii: "\n"): output.append(contentsOf: "\\n".utf8)
        case UInt8(ascii: "\r"): output.append(contentsOf: "\\r".utf8)
        case UInt8(ascii: "\t"): output.append(contentsOf: "\\t".utf8)
        default:
            let digits = Array("0123456789abcdef".utf8)
            output.append(contentsOf: "\\u00".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 0xF)])
        }
    }
}
