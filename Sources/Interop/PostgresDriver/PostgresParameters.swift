private import CPostgres
internal import Database

/// The values of a statement as libpq takes them: all in binary, in one buffer.
struct PostgresParameters {
    /// Values of one statement at most; the protocol counts them with 16 bits.
    static let countMax = 65_535

    /// The types by number; 0 leaves a NULL's type to the server.
    let types: [UInt32]
    private var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []

    /// Throws `DatabaseError.statement` for a text that PostgreSQL cannot keep, or too many values.
    init(_ values: [SQLValue]) throws(DatabaseError) {
        guard values.count <= Self.countMax else {
            throw .statement(code: "54023", message: "more than \(Self.countMax) values")
        }
        var types: [UInt32] = []
        types.reserveCapacity(values.count)
        for value in values {
            var isNull = false
            let start = bytes.count
            switch value {
            case .null:
                types.append(0)
                isNull = true
            case .int(let number):
                types.append(20)
                for shift in stride(from: 56, through: 0, by: -8) {
                    bytes.append(UInt8(truncatingIfNeeded: number >> shift))
                }
            case .text(let text):
                types.append(25)
                bytes.append(contentsOf: text.utf8)
                if bytes[start...].contains(0) { throw .statement(code: "22021", message: "a text holds a NUL") }
            case .blob(let blob):
                types.append(17)
                bytes.append(contentsOf: blob)
            }
            offsets.append(isNull ? -1 : start)
            lengths.append(Int32(clamping: bytes.count - start))
        }
        // libpq takes a null pointer for NULL, so the buffer must exist for an empty value too.
        bytes.append(0)
        self.types = types
    }

    /// How long all values are together.
    var byteCount: Int { bytes.count }

    /// Calls `body` with count, types, pointers, lengths and formats, valid for the call.
    func withPointers<Result>(
        _ body: (
            Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        guard !types.isEmpty else { return body(0, nil, nil, nil, nil) }
        return bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = offsets.map { offset in offset < 0 ? nil : start.map { $0 + offset } }
            let formats = [Int32](repeating: 1, count: types.count)
            return body(Int32(types.count), types, pointers, lengths, formats)
        }
    }
}
