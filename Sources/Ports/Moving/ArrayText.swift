internal import Database

/// A column of a page as PostgreSQL writes arrays: `{1,NULL,"a\"b","\\x00ff"}`. One parameter a column, so that the
/// statement is the same for every page, whatever is NULL in it.
struct ArrayText {
    private static let digits = Array("0123456789abcdef".utf8)
    private var text: [UInt8] = [UInt8(ascii: "{")]
    private let kind: TableShape.Kind

    init(_ kind: TableShape.Kind) { self.kind = kind }

    mutating func append(_ value: SQLValue) {
        if text.count > 1 { text.append(UInt8(ascii: ",")) }
        switch value {
        case .null: text.append(contentsOf: "NULL".utf8)
        case .int(let number): text.append(contentsOf: String(number).utf8)
        case .text(let words): appendQuoted(words.utf8)
        case .blob(let bytes): kind == .text ? appendQuoted(bytes) : appendHexadecimal(bytes)
        }
    }

    var value: SQLValue { .text(String(decoding: text + [UInt8(ascii: "}")], as: UTF8.self)) }

    private mutating func appendQuoted(_ bytes: some Sequence<UInt8>) {
        text.append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }

    private mutating func appendHexadecimal(_ bytes: [UInt8]) {
        text.append(contentsOf: "\"\\\\x".utf8)
        text.reserveCapacity(text.count + bytes.count * 2 + 1)
        for byte in bytes {
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
        text.append(UInt8(ascii: "\""))
    }
}
