private import CPostgres
internal import Database
private import Glibc

/// The columns of an answer: their names, and how their text is read.
struct PostgresAnswer {
    private enum Kind { case integer, boolean, bytes, numeric, text }

    private let columns: Row.Columns
    private let kinds: [Kind]
    private let names: [[CChar]]
    private let types: [UInt32]

    /// The columns of a result.
    init(_ result: OpaquePointer) {
        let indices = 0..<PQnfields(result)
        names = indices.map { index in
            PQfname(result, index).map { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) } ?? [0]
        }
        columns = Row.Columns(indices.map { index in PQfname(result, index).map { String(cString: $0) } ?? "" })
        types = indices.map { PQftype(result, $0) }
        kinds = types.map { type in
            switch type {
            case 20, 21, 23: .integer
            case 16: .boolean
            case 17: .bytes
            case 1700: .numeric
            default: .text
            }
        }
    }

    /// Whether a result has the same columns; between two answers a migration may have changed them.
    func describes(_ result: OpaquePointer) -> Bool {
        guard Int(PQnfields(result)) == types.count else { return false }
        for index in types.indices {
            guard PQftype(result, Int32(index)) == types[index], let name = PQfname(result, Int32(index)),
                names[index].withUnsafeBufferPointer({ $0.baseAddress.map { strcmp($0, name) } }) == 0
            else { return false }
        }
        return true
    }

    /// A row of a result.
    func row(_ result: OpaquePointer, _ index: Int32) -> Row {
        var values: [SQLValue] = []
        values.reserveCapacity(kinds.count)
        for (column, kind) in kinds.enumerated() {
            let column = Int32(column)
            guard PQgetisnull(result, index, column) == 0, let start = PQgetvalue(result, index, column) else {
                values.append(.null)
                continue
            }
            let text = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, index, column)))
            values.append(Self.value(text, kind))
        }
        return Row(columns: columns, values: values)
    }

    private static func value(_ text: UnsafeRawBufferPointer, _ kind: Kind) -> SQLValue {
        switch kind {
        case .integer, .numeric:
            // A sum of integers is NUMERIC; it is an integer again where it has no fraction and fits.
            if let number = integer(text) { return .int(number) }
        case .boolean: return .int(text.first == UInt8(ascii: "t") ? 1 : 0)
        case .bytes: if let bytes = bytes(text) { return .blob(bytes) }
        case .text: break
        }
        return .text(String(decoding: text, as: UTF8.self))
    }

    private static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? text.dropFirst() : text[...]
        guard !digits.isEmpty else { return nil }
        // Counted downwards, as there is one more negative number than positive ones.
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
            let (next, underflows) = tens.subtractingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            if overflows || underflows { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// Reads `\x` and hexadecimal digits.
    private static func bytes(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count >= 2, text.count % 2 == 0, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        for index in stride(from: 2, to: text.count, by: 2) {
            guard let high = nibble(text[index]), let low = nibble(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
